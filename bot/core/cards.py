"""What is said to people, before any chat's syntax: phrases, quotes, cards. Rendered by an adapter or by the CLI.

A `Phrase` keeps the trusted template (ours or the knowledge base's) apart from the untrusted values, so that each
renderer escapes values for where they go.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A trusted Markdown template with `{{name}}` placeholders and the untrusted values that fill it."""

    template: str
    values: tuple[tuple[str, str], ...] = ()


def phrase(template: str, **values: object) -> Phrase:
    """Make a phrase: `phrase("`{{app}}` is paused", app=app)`."""
    return Phrase(template=template, values=tuple((name, str(value)) for name, value in values.items()))


class Verdict(StrEnum):
    """How sure the diagnosis is. Unknown means no entry explains the message: never a guess."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    RULED_OUT = "ruled out"
    UNKNOWN = "unknown"


class Tone(StrEnum):
    """What a card or a button is about; never told by colour alone."""

    NEUTRAL = "neutral"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A proof: who said it (trusted label such as `Argo CD, operation result`), the words (untrusted), when."""

    label: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button: `action` names the listener (`plan`, `refresh` …), `value` is what comes back with the click."""

    action: str
    label: str
    value: str
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One way to mend it: text, and commands to copy (untrusted values inside)."""

    text: Phrase
    commands: tuple[Phrase, ...] = ()
    recommended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A line under a root: what else is explained by it."""

    text: Phrase
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """The whole of an incident as people see it. The root message shows the head; the thread shows the rest.

    `state` is the incident's state; `apps` are `namespace/name`; `count` the number of failure reports so far;
    `confirmation` is the answer that confirms the cause (it is among `proof` too); `ruled_out` and `not_asked` name
    what was excluded and what could not be asked.
    """

    incident: str
    entry: str
    title: Phrase
    state: str
    severity: str
    verdict: Verdict
    cluster: str
    apps: tuple[str, ...]
    diagnosis: Phrase
    impact: Phrase | None = None
    risk: Phrase | None = None
    proof: tuple[Quote, ...] = ()
    confirmation: Quote | None = None
    ruled_out: tuple[Phrase, ...] = ()
    not_asked: tuple[Phrase, ...] = ()
    fixes: tuple[Fix, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    similar: tuple[Phrase, ...] = ()
    buttons: tuple[Button, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    count: int = 1
    returned: int = 0
    explained_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One message in a thread, or an answer to a person: a headline and lines, with optional quotes and buttons."""

    headline: Phrase
    lines: tuple[Phrase, ...] = ()
    quotes: tuple[Quote, ...] = ()
    buttons: tuple[Button, ...] = ()
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """A plan as the confirmation shows it. A `refusal` replaces the confirm button and says the way that works.

    `value` comes back with the confirmation. `choices` are (value, label) of other targets, `chosen` the current one.
    `changes` are what will differ afterwards, object by object; `undo` the way back; `right` what Argo CD must grant.
    An `outcome` takes the place of everything: it says what became of the plan, and nothing is left to confirm.
    """

    title: str
    will: tuple[Phrase, ...] = ()
    will_not: tuple[Phrase, ...] = ()
    changes: tuple[Phrase, ...] = ()
    warnings: tuple[Phrase, ...] = ()
    commands: tuple[Phrase, ...] = ()
    undo: Phrase | None = None
    risk: str = ""
    right: str = ""
    refusal: Phrase | None = None
    outcome: Phrase | None = None
    confirm: str = ""
    value: str = ""
    tone: Tone = Tone.NEUTRAL
    choices: tuple[tuple[str, str], ...] = ()
    choices_title: str = "Target"
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCard:
    """Open incidents as a plan, most severe first, each one line, and what the bot can't see right now."""

    headline: Phrase
    lines: tuple[Phrase, ...]
    troubles: tuple[Phrase, ...] = ()
