"""Deployments that were seen healthy, as rows: one for each Application and history id."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.tables import revisions
from bot.core.incidents import HealthyRevision
from bot.core.signals import AppRef

_ONE = and_(
    revisions.c.argocd == bindparam("one_argocd"),
    revisions.c.namespace == bindparam("one_namespace"),
    revisions.c.app == bindparam("one_app"),
    revisions.c.history_id == bindparam("one_history_id"),
)


async def load(connection: AsyncConnection) -> tuple[HealthyRevision, ...]:
    """All that was noted."""
    rows = await connection.execute(select(revisions).where(revisions.c.healthy_since.is_not(None)))
    return tuple(
        HealthyRevision(
            app=AppRef(argocd=row.argocd, namespace=row.namespace, name=row.app),
            history_id=row.history_id,
            revision=row.revision,
            since=row.healthy_since,
            until=row.healthy_until,
        )
        for row in rows
    )


async def write(connection: AsyncConnection, noted: Sequence[HealthyRevision]) -> None:
    """Replace what was noted of these deployments."""
    if not noted:
        return
    keys = [
        {
            "one_argocd": item.app.argocd,
            "one_namespace": item.app.namespace,
            "one_app": item.app.name,
            "one_history_id": item.history_id,
        }
        for item in noted
    ]
    await connection.execute(delete(revisions).where(_ONE), keys)
    await connection.execute(
        revisions.insert(),
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
