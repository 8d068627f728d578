"""What the speaker does with messages that can't be sent, or aren't there any more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.metrics import Metrics
from bot.core.cards import IncidentCard, Note, Verdict, phrase
from bot.core.incidents import Effect, EffectKind, Incident, IncidentKey, OutboxRow, State, Thread
from bot.service.ports import Health, NotFound, PortError, Readiness, Refused, Unreachable
from bot.service.speak import PART, Speaker

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
INCIDENT = Incident(
    id="i1",
    key=IncidentKey(cluster="default", entry="crd-missing", subject="x"),
    state=State.OPEN,
    first_evidence_at=NOW,
    opened_at=NOW,
    updated_at=NOW,
    posted=True,
)
CARD = Effect(kind=EffectKind.CARD, incident="i1", key="card:i1")


def card(updated: datetime) -> IncidentCard:
    return IncidentCard(
        incident="i1",
        entry="crd-missing",
        title=phrase("t"),
        state="open",
        severity="high",
        verdict=Verdict.LIKELY,
        cluster="default",
        apps=(),
        diagnosis=phrase("d"),
        opened_at=NOW,
        updated_at=updated,
    )


class Outbox:
    """The part of the store that the speaker uses."""

    def __init__(self, thread: Thread | None = None) -> None:
        self.rows: list[OutboxRow] = [OutboxRow(effect=CARD, version=1, due=NOW)]
        self.kept = thread

    async def outbox(self, *, now: datetime, limit: int = 100) -> Sequence[OutboxRow]:
        return [row for row in self.rows if row.due <= now]

    async def outbox_done(self, row: OutboxRow) -> None:
        self.rows.remove(row)

    async def outbox_retry(self, row: OutboxRow, *, due: datetime, error: str) -> None:
        self.rows = [OutboxRow(effect=row.effect, version=1, due=due, attempts=row.attempts + 1, error=error)]

    async def save_thread(self, thread: Thread) -> None:
        self.kept = thread

    async def thread(self, incident: str) -> Thread | None:
        return self.kept


class Chat:
    """A channel that answers each call with an error, while it has one."""

    def __init__(self, error: PortError | None = None, *, found: str | None = None) -> None:
        self.error = error
        self.found = found
        self.calls: list[str] = []

    def _call(self, what: str) -> str:
        self.calls.append(what)
        if self.error is not None:
            raise self.error
        return f"{len(self.calls)}.0"

    async def find(self, key: str, *, thread: str = "") -> str | None:
        return self.found

    async def post_card(self, card: IncidentCard, *, key: str) -> str:
        return self._call("post")

    async def edit_card(self, ts: str, card: IncidentCard) -> None:
        self._call("edit")

    async def post_details(self, thread: str, card: IncidentCard, *, key: str) -> str:
        return self._call("details")

    async def edit_details(self, ts: str, card: IncidentCard) -> None:
        self._call("edit details")

    async def permalink(self, ts: str) -> str:
        return "https://slack.example/1"


class Stand:
    """A speaker with its surroundings and a clock that is set by hand."""

    def __init__(self, chat: Chat, outbox: Outbox) -> None:
        self.now = NOW
        self.readiness = Readiness()

        async def shown(_: Incident) -> IncidentCard:
            return card(self.now)

        self.speaker = Speaker(
            store=outbox,  # type: ignore[arg-type]  # the part that is used
            chat=chat,  # type: ignore[arg-type]
            channel="C1",
            card=shown,
            note=lambda _: Note(headline=phrase("n")),
            incident=lambda _: INCIDENT,
            readiness=self.readiness,
            meter=Metrics(version="test"),
            clock=lambda: self.now,
            edit_every=timedelta(0),
        )


async def test_a_message_deleted_by_hand_is_left_alone() -> None:
    outbox = Outbox(Thread(incident="i1", channel="C1", ts="1.0", details_ts="2.0"))
    stand = Stand(Chat(NotFound("it was deleted")), outbox)
    await stand.speaker.say_due()
    assert outbox.rows == []
    assert PART not in stand.readiness.parts


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        pytest.param(Unreachable("away"), 1.0, id="unreachable: soon again"),
        pytest.param(Unreachable("slow down", retry_after=30.0), 30.0, id="rate limited: when Slack says"),
        pytest.param(Refused("not in channel"), 1.0, id="refused: again, somebody may mend it"),
    ],
)
async def test_what_could_not_be_said_is_said_later(error: PortError, wait: float) -> None:
    outbox, chat = Outbox(), Chat(error)
    stand = Stand(chat, outbox)
    await stand.speaker.say_due()
    assert outbox.rows[0].due == NOW + timedelta(seconds=wait)
    assert stand.readiness.parts[PART] == (Health.FAILING, str(error))
    chat.error = None
    stand.now = outbox.rows[0].due
    await stand.speaker.say_due()
    assert outbox.rows == []
    assert outbox.kept is not None
    assert stand.readiness.parts[PART][0] is Health.OK


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated() -> None:
    outbox, chat = Outbox(), Chat(Unreachable("cut"))
    stand = Stand(chat, outbox)
    await stand.speaker.say_due()
    chat.error, chat.found, chat.calls = None, "7.0", []
    stand.now += timedelta(seconds=1)
    await stand.speaker.say_due()
    assert "post" not in chat.calls
    assert outbox.kept is not None
    assert outbox.kept.ts == "7.0"
