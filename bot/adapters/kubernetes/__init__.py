"""Kubernetes: events, pods and objects read into our own words (pure), list + watch, and the read-only client."""
