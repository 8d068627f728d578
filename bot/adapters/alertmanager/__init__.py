"""Alertmanager: what its webhook tells."""
