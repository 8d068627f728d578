"""Slack: rendering (pure), the chat port, and the listeners for clicks, modals, mentions and slash commands."""

from bot.adapters.slack.chat import SlackChat
from bot.adapters.slack.listeners import SlackListeners

__all__ = ["SlackChat", "SlackListeners"]
