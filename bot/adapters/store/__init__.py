"""Durable state with SQLAlchemy: incidents, signals, evidence, threads, outbox, commands and the audit chain."""
