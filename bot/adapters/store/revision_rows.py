"""Deployments that were seen healthy, as rows: one for each Application and history id."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.database import Database
from bot.adapters.store.tables import revisions
from bot.core.incidents import HealthyRevision
from bot.core.signals import AppRef

KEY = ("argocd", "namespace", "app", "history_id")


async def load(connection: AsyncConnection) -> tuple[HealthyRevision, ...]:
    """All that was noted, in the order of the deployments."""
    return tuple(
        HealthyRevision(
            app=AppRef(argocd=row.argocd, namespace=row.namespace, name=row.app),
            history_id=row.history_id,
            revision=row.revision,
            since=row.healthy_since,
            until=row.healthy_until,
        )
        for row in await connection.execute(select(revisions).order_by(*(revisions.c[name] for name in KEY)))
    )


async def write(database: Database, connection: AsyncConnection, noted: Sequence[HealthyRevision]) -> None:
    """Note these deployments; what was noted of them before is replaced."""
    if not noted:
        return
    statement = database.insert(revisions)
    new = {name: statement.excluded[name] for name in ("revision", "healthy_since", "healthy_until")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=KEY, set_=new),
        [
            {
                "argocd": item.app.argocd,
                "namespace": item.app.namespace,
                "app": item.app.name,
                "history_id": item.history_id,
                "revision": item.revision,
                "healthy_since": item.since,
                "healthy_until": item.until,
            }
            for item in noted
        ],
    )


async def prune(connection: AsyncConnection, *, before: datetime) -> None:
    """Forget deployments last seen healthy before then; the newest of each Application stays, however old."""
    newer = revisions.alias("newer")
    followed = exists().where(
        newer.c.argocd == revisions.c.argocd,
        newer.c.namespace == revisions.c.namespace,
        newer.c.app == revisions.c.app,
        newer.c.history_id > revisions.c.history_id,
    )
    await connection.execute(delete(revisions).where(revisions.c.healthy_until < before, followed))
