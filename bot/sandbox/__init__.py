"""Fakes that speak the real protocols of Slack, Argo CD and Kubernetes, and a page that shows the channel.

Nothing of the product is imported here: a mistake shared by the product and its double would hide itself.
"""
