"""Stories as data: what Argo CD and Kubernetes sent on a bad day, told again as if it happened now."""

from bot.sandbox.scenarios.catalogue import Scenario, scenarios
from bot.sandbox.scenarios.player import Player, Webhook
from bot.sandbox.scenarios.recording import Recording, read_recording

__all__ = ["Player", "Recording", "Scenario", "Webhook", "read_recording", "scenarios"]
