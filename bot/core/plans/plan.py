"""A plan: what an action will do, will not do, what it needs, and why it is refused.

A plan is bound by its digest to the state it was made from: if the Application moved on, it is made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.cards import Phrase, PlanCard, Tone
from bot.core.plans.wanted import Wanted
from bot.core.signals import AppRef, ObjectRef, fingerprint
from bot.core.states import AppState


class Risk(StrEnum):
    """How much may go wrong: low changes nothing that runs; high can't be undone by another button."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


TONES = {Risk.LOW: Tone.NEUTRAL, Risk.MEDIUM: Tone.PRIMARY, Risk.HIGH: Tone.DANGER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is wanted, with its target and digest, and how it is shown. A refused plan can't be confirmed.

    `pause`: auto-sync is switched off first. `revision` is what a rollback deploys, `left` what it takes away.
    """

    wanted: Wanted
    card: PlanCard
    risk: Risk
    pause: bool = False
    revision: str = ""
    left: str = ""

    @property
    def refused(self) -> bool:
        """Whether the plan says why it can't be done instead of how."""
        return self.card.refusal is not None

    @property
    def verb(self) -> str:
        """The verb's name in the catalogue."""
        return self.wanted.verb

    @property
    def app(self) -> AppRef:
        """Whom it is about."""
        return self.wanted.app

    @property
    def digest(self) -> str:
        """What a confirmation is bound to."""
        return self.wanted.digest


def bound(wanted: Wanted, state: AppState, *more: str) -> Wanted:
    """The same with the digest of what it was planned from: anything here that moves makes the plan stale."""
    operation = state.operation
    digest = fingerprint(
        wanted.verb,
        wanted.target,
        *map(str, wanted.resources),
        state.uid,
        state.project,
        state.revision,
        str(state.auto_sync),
        str(state.operation_pending),
        str(operation.started_at) if operation else "",
        str(state.history[-1].id) if state.history else "",
        str(state.parent),
        state.application_set,
        *more,
    )
    return replace(wanted, digest=digest)


def planned(
    wanted: Wanted,
    *,
    risk: Risk,
    right: str,
    will: Iterable[Phrase],
    undo: Phrase,
    will_not: Iterable[Phrase] = (),
    changes: Iterable[Phrase] = (),
    warnings: Iterable[Phrase] = (),
    commands: Iterable[Phrase] = (),
    refusal: Phrase | None = None,
    choices: tuple[tuple[str, str], ...] = (),
    choices_title: str = "",
    pause: bool = False,
    revision: str = "",
    left: str = "",
) -> Plan:
    """A plan of `wanted`, which is bound already."""
    return Plan(
        wanted=wanted,
        risk=risk,
        pause=pause,
        revision=revision,
        left=left,
        card=PlanCard(
            title=wanted.title,
            will=tuple(will),
            will_not=tuple(will_not),
            changes=tuple(changes),
            warnings=tuple(warnings),
            commands=tuple(commands),
            undo=undo,
            risk=str(risk),
            right=right,
            refusal=refusal,
            confirm=wanted.title,
            value=wanted.value(),
            tone=TONES[risk],
            choices=choices,
            choices_title=choices_title,
            chosen=wanted.choice,
        ),
    )


def listed(objects: Iterable[ObjectRef], *, most: int = 6) -> str:
    """Some objects in one line."""
    names = [str(item) for item in objects]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
