"""A Kubernetes API server that answers as a recorded 1.36 did."""

from bot.sandbox.kubernetes.server import FakeKubernetes

__all__ = ["FakeKubernetes"]
