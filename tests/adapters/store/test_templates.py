"""Templates of unknown messages are kept as they are, and forgotten when dropped."""

from dataclasses import replace

from bot.adapters.store import SqlStore
from bot.core.templates import Template
from tests.adapters.store.samples import HOSTILE, START

ONE = Template(id="one", text="a <*>", count=2, first_seen=START, last_seen=START, example=HOSTILE, app="argocd/shop")


async def test_they_are_read_back_the_most_frequent_first(store: SqlStore) -> None:
    two = replace(ONE, id="two", count=9)
    await store.save_templates([ONE, two], ())
    assert list(await store.templates()) == [two, ONE]
    more = replace(ONE, count=10, text="<*> <*>")
    await store.save_templates([more], ["two"])
    assert list(await store.templates()) == [more]
