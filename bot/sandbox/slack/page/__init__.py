"""The page people look at: the workspace's channels, threads and modals, rendered here and live in a browser."""

from bot.sandbox.slack.page.routes import Page

__all__ = ["Page"]
