"""Messages alike share a template; different failures don't."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core import templates
from bot.core.templates import Sighting, Templates

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def seen(message: str, *, minutes: int = 0, times: int = 1) -> Sighting:
    return Sighting(message=message, at=AT + timedelta(minutes=minutes), times=times, source="k8s-event")


def test_what_varies_becomes_a_wildcard_and_the_id_stays() -> None:
    known = Templates()
    first = known.add(seen("Vault refused tenant blue for the path secret/a at 10.0.0.1"))
    second = known.add(seen("Vault refused tenant green for the path secret/b at 10.0.0.2", minutes=5, times=3))
    assert second.id == first.id
    assert second.text == "Vault refused tenant <*> for the path <*> at <ip>"
    assert (second.count, second.first_seen, second.last_seen) == (4, AT, AT + timedelta(minutes=5))
    assert second.example.endswith("10.0.0.2")
    assert len(known) == 1


def test_other_failures_stay_apart() -> None:
    known = Templates()
    for message in (
        "Vault refused tenant blue",
        "Vault accepted tenant blue",
        "Vault refused tenant blue for ever",
        "the lock of the state is held by somebody else",
        "the lease of the queue was given to nobody here",
    ):
        known.add(seen(message))
    assert len(known) == 5


def test_a_template_goes_on_after_a_restart() -> None:
    before = Templates()
    first = before.add(seen("Vault refused tenant blue for the path secret/a"))
    widened = before.add(seen("Vault refused tenant green for the path secret/a"))
    after = Templates([widened])
    assert after.add(seen("Vault refused tenant red for the path secret/a")).id == first.id
    assert after.changed == {first.id}


def test_the_rarest_go_when_there_are_too_many() -> None:
    known = Templates()
    often = known.add(seen("this one is often seen", times=5))
    for number in range(templates.TEMPLATES):
        known.add(seen(f"{'x' * (number % 70 + 1)} {'y ' * (number // 70)}z"))
    assert len(known) <= templates.TEMPLATES
    assert known.get(often.id).count == 5
    assert known.dropped


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_text_is_counted(messages: list[str]) -> None:
    known = Templates()
    for message in messages:
        assert known.add(seen(message)).count >= 1
    assert sum(known.get(name).count for name in known.changed) == len(messages)
