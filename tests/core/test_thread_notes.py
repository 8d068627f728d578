import pytest

from bot.core.incidents import Effect, EffectKind
from bot.core.text import fill
from bot.core.thread_notes import thread_note


@pytest.mark.parametrize(
    ("note", "values", "said"),
    [
        pytest.param("resolved", {"why": "the Pod is gone"}, "**Resolved.** The Pod is gone.", id="resolved"),
        pytest.param("resolved", {"why": ""}, "**Resolved.**", id="resolved without a reason"),
        pytest.param("resolved", {"why": "not seen again"}, "**Closed: not seen again.**", id="closed, never resolved"),
        pytest.param("returned", {}, "**It is back.**", id="returned"),
        pytest.param(
            "root", {"root": "crd-missing", "symptom": "x"}, "**The cause was found:** `crd-missing`.", id="root"
        ),
    ],
)
def test_a_thread_tells_what_became_of_its_incident(note: str, values: dict[str, str], said: str) -> None:
    told = thread_note(Effect(kind=EffectKind.NOTE, incident="i1", key="k", note=note, values=tuple(values.items())))
    text = " ".join(fill(item.template, dict(item.values)) for item in (told.headline, *told.lines))
    assert text.startswith(said)
