"""The tables (design §5). Beside what is asked for by column, each row keeps its whole value as a document."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.adapters.store.columns import ExactText, Moment
from bot.core.incidents import LIVE

metadata = MetaData()

LIVE_STATES = tuple(sorted(str(state) for state in LIVE))
_LIVE = text("state IN ({})".format(", ".join(f"'{state}'" for state in LIVE_STATES)))

incidents = Table(
    "incidents",
    metadata,
    Column("id", ExactText, primary_key=True),
    Column("key_digest", Text, nullable=False),  # of cluster, entry and subject: a subject may outgrow an index
    Column("state", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    Index("incidents_live_key", "key_digest", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)

signals = Table(
    "signals",
    metadata,
    Column("subject", ExactText, nullable=False),
    Column("id", ExactText, nullable=False),
    Column("fingerprint", ExactText, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("gone_at", Moment),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("subject", "id", name="signals_pkey"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("incident", ExactText, nullable=False),
    Column("position", Integer, nullable=False),
    Column("question", ExactText, nullable=False),
    Column("answer", ExactText, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("incident", "position", name="evidence_pkey"),
)

threads = Table(
    "threads",
    metadata,
    Column("incident", ExactText, primary_key=True),
    Column("channel", ExactText, nullable=False),
    Column("ts", ExactText, nullable=False),
    Column("details_ts", ExactText, nullable=False),
    Column("permalink", ExactText, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", ExactText, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("incident", ExactText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", ExactText, nullable=False),
    Column("document", Text, nullable=False),
    Index("outbox_due", "due", "sequence"),
)

commands = Table(
    "commands",
    metadata,
    Column("id", ExactText, primary_key=True),
    Column("dedupe", ExactText, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("result", ExactText, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("dedupe", name="commands_dedupe_key"),
    Index("commands_finished", "finished_at"),
)

journal = Table(
    "journal",
    metadata,
    Column("command", ExactText, nullable=False),
    Column("step", ExactText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("command", "step", name="journal_pkey"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("argocd", ExactText, nullable=False),
    Column("namespace", ExactText, nullable=False),
    Column("app", ExactText, nullable=False),
    Column("history_id", BigInteger, nullable=False),
    Column("revision", ExactText, nullable=False),
    Column("healthy_since", Moment, nullable=False),
    Column("healthy_until", Moment, nullable=False),
    PrimaryKeyConstraint("argocd", "namespace", "app", "history_id", name="revisions_pkey"),
)

debts = Table(
    "debts",
    metadata,
    Column("id", ExactText, primary_key=True),
    Column("command", ExactText, nullable=False),
    Column("app", ExactText, nullable=False),
    Column("since", Moment, nullable=False),
    Column("remind_at", Moment),
    Column("settled_at", Moment),
    Column("document", Text, nullable=False),
)

templates = Table(
    "templates",
    metadata,
    Column("id", ExactText, primary_key=True),
    Column("text", ExactText, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("dismissed", Boolean, nullable=False),
    Column("document", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", ExactText, primary_key=True),
    Column("holder", ExactText, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", ExactText, nullable=False),
    Column("action", ExactText, nullable=False),
    Column("subject", ExactText, nullable=False),
    Column("result", ExactText, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
