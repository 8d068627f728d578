"""A fake image registry that speaks the OCI distribution protocol."""

from bot.sandbox.registry.server import FakeRegistry

__all__ = ["FakeRegistry"]
