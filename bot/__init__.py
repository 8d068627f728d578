"""The GitOps responder: from an Argo CD or Kubernetes error to one Slack thread with cause, proof and fix."""

__version__ = "0.1.0"
