"""A Slack workspace on this machine: Web API, Socket Mode, signed HTTP delivery and the page people look at."""

from bot.sandbox.slack.directory import BOT_USER, DEVELOPER, GENERAL, INCIDENTS, ON_CALL, SlashCommand
from bot.sandbox.slack.server import FakeSlack

__all__ = ["BOT_USER", "DEVELOPER", "GENERAL", "INCIDENTS", "ON_CALL", "FakeSlack", "SlashCommand"]
