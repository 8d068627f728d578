"""Durable state with SQLAlchemy: incidents, signals, evidence, threads, outbox, commands and the audit chain.

SQLite on one machine, PostgreSQL where several replicas run; the same tables and statements on both. What belongs
here: rows, transactions and the words for a database that says no. What doesn't: any decision about incidents.
"""

from bot.adapters.store.address import describe
from bot.adapters.store.audit_chain import AuditVerdict, StoredAudit
from bot.adapters.store.copying import Copied, copy_store
from bot.adapters.store.store import SqlStore, open_store

__all__ = ["AuditVerdict", "Copied", "SqlStore", "StoredAudit", "copy_store", "describe", "open_store"]
