"""The composition root: the only place that knows settings, adapters and loops together."""
