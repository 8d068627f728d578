"""A running bot takes up changed knowledge, and keeps what it has when the change can't be used."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.signals import Signal, Source, make_signal
from bot.kb.loader import BadKnowledge
from bot.service.knowledge import PART, LiveKnowledge
from bot.service.ports import Health, Readiness
from tests.kb.bases import front, other, write

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
QUOTA = "exceeded quota: compute"


def signal(message: str) -> Signal:
    return make_signal(
        cluster="default", source=Source.K8S_EVENT, reason="Failed", text=message, first_seen=AT, last_seen=AT
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "kb", front())


def file_of(folder: Path, entry: str) -> Path:
    return next(folder.rglob(f"{entry}.md"))


def live(folder: Path, readiness: Readiness, **named: float) -> LiveKnowledge:
    knowledge = LiveKnowledge([folder], readiness=readiness, **named)
    knowledge.load()
    return knowledge


async def test_a_new_entry_is_matched_without_a_restart(folder: Path) -> None:
    readiness = Readiness()
    knowledge = live(folder, readiness)
    entries, told = knowledge.entries, []

    async def changed() -> None:
        told.append(sorted(entries))

    forget = knowledge.on_change(changed)
    assert knowledge.recognise(signal(QUOTA)).verdict == "unknown"
    await knowledge.look()
    assert told == []
    write(folder, front(), other("quota-exceeded", "exceeded quota: ", QUOTA))
    await knowledge.look()
    assert knowledge.recognise(signal(QUOTA)).entry == "quota-exceeded"
    assert told == [["quota-exceeded", "vault-sealed"]]
    forget()
    assert readiness.parts[PART] == (Health.OK, "2 entries")


async def test_a_broken_change_leaves_what_was_loaded_in_use(folder: Path) -> None:
    readiness = Readiness()
    knowledge = live(folder, readiness)
    file = file_of(folder, "vault-sealed")
    good = file.read_text()
    file.write_text(good.replace("severity:", "severitty:"))
    await knowledge.look()
    assert knowledge.recognise(signal('fetching secret "a/b" from Vault: it is sealed')).entry == "vault-sealed"
    health, detail = readiness.parts[PART]
    assert health is Health.FAILING
    assert "what was loaded before stays in use" in detail
    assert "severitty" in detail
    assert f"{file}:" in detail
    file.write_text(good)
    await knowledge.look()
    assert readiness.parts[PART][0] is Health.OK


async def test_a_pattern_that_holds_the_loop_is_refused(folder: Path) -> None:
    readiness = Readiness()
    knowledge = live(folder, readiness)
    write(folder, front(), other("slow-one", "a[ab]{200} slow thing", "a" + "ab" * 100 + " slow thing"))
    await knowledge.look()
    health, detail = readiness.parts[PART]
    assert health is Health.FAILING
    assert "hostile message" in detail
    with pytest.raises(BadKnowledge, match="hostile message"):
        live(folder, Readiness())


async def test_an_entry_that_goes_stays_for_those_who_rest_on_it(folder: Path) -> None:
    write(folder, front(), other("quota-exceeded", "exceeded quota: ", QUOTA))
    knowledge = live(folder, Readiness())
    file_of(folder, "quota-exceeded").unlink()
    await knowledge.look()
    assert knowledge.recognise(signal(QUOTA)).verdict == "unknown"
    assert "quota-exceeded" in knowledge.entries


async def test_it_looks_by_itself_and_when_asked(folder: Path) -> None:
    knowledge = live(folder, Readiness(), look_every=0.02)
    asked = live(folder, Readiness(), look_every=60)
    tasks = [asyncio.create_task(item.run()) for item in (knowledge, asked)]
    try:
        write(folder, front(), other("quota-exceeded", "exceeded quota: ", QUOTA))
        asked.look_again()
        async with asyncio.timeout(10):
            while {item.recognise(signal(QUOTA)).entry for item in (knowledge, asked)} != {"quota-exceeded"}:
                await asyncio.sleep(0.02)
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_what_reads_alike_is_named(folder: Path) -> None:
    write(folder, front(), other("quota-exceeded", "exceeded quota: ", QUOTA))
    similar = live(folder, Readiness()).similar("the vault with the secret of prod says it isn't unsealed, sealed")
    assert [dict(item.values)["entry"] for item in similar] == ["vault-sealed"]
