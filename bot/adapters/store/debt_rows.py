"""Debts as rows: pauses of ours that stand, and when to remind of them."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.adapters.store.documents import decode, encode
from bot.adapters.store.tables import debts
from bot.core.debts import Debt


async def standing(connection: AsyncConnection) -> Sequence[Debt]:
    """Those that nobody settled, oldest first."""
    wanted = select(debts).where(debts.c.settled_at.is_(None)).order_by(debts.c.since, debts.c.id)
    return [decode(row.document, Debt, row=f"debt {row.id}") for row in await connection.execute(wanted)]


async def save(connection: AsyncConnection, debt: Debt) -> None:
    """Keep a debt as it is now."""
    await connection.execute(delete(debts).where(debts.c.id == debt.id))
    await connection.execute(
        debts.insert().values(
            id=debt.id,
            command=debt.id,
            app=f"{debt.app.argocd}/{debt.app}",
            since=debt.since,
            remind_at=debt.remind_at,
            settled_at=debt.settled_at,
            document=encode(debt),
        )
    )
