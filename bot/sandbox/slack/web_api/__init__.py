"""The Web API: one module for each family of methods, and the dispatcher that calls them."""

from bot.sandbox.slack.web_api.dispatch import WebApi

__all__ = ["WebApi"]
