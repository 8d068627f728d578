"""An Argo CD API server that answers as a recorded 3.6 did."""

from bot.sandbox.argocd.accounts import RESPONDER_RIGHTS, TOGGLE_AUTO_SYNC, Account
from bot.sandbox.argocd.outcomes import ANY_REVISION, Outcome
from bot.sandbox.argocd.owners import Owner
from bot.sandbox.argocd.server import FakeArgoCD
from bot.sandbox.argocd.timeline import ManualTimeline, RealTimeline

__all__ = [
    "ANY_REVISION",
    "RESPONDER_RIGHTS",
    "TOGGLE_AUTO_SYNC",
    "Account",
    "FakeArgoCD",
    "ManualTimeline",
    "Outcome",
    "Owner",
    "RealTimeline",
]
