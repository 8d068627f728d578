"""Templates of unknown messages as rows."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.documents import decode, encode
from bot.adapters.store.tables import templates
from bot.core.templates import Template


async def load(connection: AsyncConnection) -> Sequence[Template]:
    """All of them, the most frequent first."""
    wanted = select(templates).order_by(templates.c.count.desc(), templates.c.last_seen.desc(), templates.c.id)
    return [decode(row.document, Template, row=f"template {row.id}") for row in await connection.execute(wanted)]


async def save(connection: AsyncConnection, changed: Sequence[Template], dropped: Collection[str]) -> None:
    """Keep these as they are now, and forget the dropped ones."""
    for name in [*dropped, *(template.id for template in changed)]:
        await connection.execute(delete(templates).where(templates.c.id == name))
    if changed:
        await connection.execute(
            templates.insert(),
            [
                {
                    "id": template.id,
                    "text": template.text,
                    "count": template.count,
                    "first_seen": template.first_seen,
                    "last_seen": template.last_seen,
                    "dismissed": False,
                    "document": encode(template),
                }
                for template in changed
            ],
        )
