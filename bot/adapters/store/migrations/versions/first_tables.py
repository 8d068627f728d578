"""The first tables, and the triggers that keep the audit log append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("state IN ('acknowledged', 'acting', 'held', 'open', 'verifying')")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, MOMENT, nullable=nullable)


def upgrade() -> None:
    """Create everything."""
    _incidents()
    _speech()
    _commands()
    _memory()
    _audit()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        _text("key_digest"),
        _text("state"),
        _moment("updated_at"),
        _text("document"),
    )
    op.create_index(
        "incidents_live_key", "incidents", ["key_digest"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_table(
        "signals",
        _text("subject"),
        _text("id"),
        _text("fingerprint"),
        sa.Column("count", sa.BigInteger, nullable=False),
        _moment("gone_at", nullable=True),
        _text("document"),
        sa.PrimaryKeyConstraint("subject", "id", name="signals_pkey"),
    )
    op.create_table(
        "evidence",
        _text("incident"),
        sa.Column("position", sa.Integer, nullable=False),
        _text("question"),
        _text("answer"),
        _moment("asked_at"),
        _text("document"),
        sa.PrimaryKeyConstraint("incident", "position", name="evidence_pkey"),
    )


def _speech() -> None:
    op.create_table(
        "threads",
        sa.Column("incident", sa.Text, primary_key=True),
        _text("channel"),
        _text("ts"),
        _text("details_ts"),
        _text("permalink"),
    )
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        _text("incident"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("due"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("error"),
        _text("document"),
    )
    op.create_index("outbox_due", "outbox", ["due", "sequence"])


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", sa.Text, primary_key=True),
        _text("dedupe"),
        _moment("received_at"),
        _moment("finished_at", nullable=True),
        _text("result"),
        _text("document"),
        sa.UniqueConstraint("dedupe", name="commands_dedupe_key"),
    )
    op.create_index("commands_finished", "commands", ["finished_at"])
    op.create_table(
        "journal",
        _text("command"),
        _text("step"),
        _moment("at"),
        _text("document"),
        sa.PrimaryKeyConstraint("command", "step", name="journal_pkey"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        _text("holder"),
        _moment("expires_at"),
    )


def _memory() -> None:
    op.create_table(
        "revisions",
        _text("argocd"),
        _text("namespace"),
        _text("app"),
        sa.Column("history_id", sa.BigInteger, nullable=False),
        _text("revision"),
        _moment("healthy_since"),
        _moment("healthy_until"),
        sa.PrimaryKeyConstraint("argocd", "namespace", "app", "history_id", name="revisions_pkey"),
    )
    op.create_table(
        "debts",
        sa.Column("id", sa.Text, primary_key=True),
        _text("command"),
        _text("app"),
        _moment("since"),
        _moment("remind_at", nullable=True),
        _moment("settled_at", nullable=True),
        _text("document"),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.Text, primary_key=True),
        _text("text"),
        sa.Column("count", sa.BigInteger, nullable=False),
        _moment("first_seen"),
        _moment("last_seen"),
        sa.Column("dismissed", sa.Boolean, nullable=False),
        _text("document"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        _moment("at"),
        _text("actor"),
        _text("action"),
        _text("subject"),
        _text("result"),
        _text("detail"),
        _text("previous"),
        _text("hash"),
    )
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRES_GUARDS if on_postgres else _SQLITE_GUARDS:
        op.execute(statement)


_SQLITE_REFUSAL = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
_SQLITE_GUARDS = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {_SQLITE_REFUSAL}",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {_SQLITE_REFUSAL}",
    # INSERT OR REPLACE would delete a row without asking the trigger above.
    """CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE sequence >= NEW.sequence)
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)

_POSTGRES_GUARDS = (
    """CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
        FOR EACH ROW EXECUTE FUNCTION audit_append_only()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
)
