"""What every group of routes works with."""

from dataclasses import dataclass

from bot.sandbox.argocd.accounts import Sessions
from bot.sandbox.argocd.controller import Controller
from bot.sandbox.argocd.events import EventLog
from bot.sandbox.argocd.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of one fake Argo CD."""

    state: State
    sessions: Sessions
    controller: Controller
    events: EventLog
