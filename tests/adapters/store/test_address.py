"""Addresses: what is taken, what is refused, and that no password is ever told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.store import describe
from bot.adapters.store.address import parse_address
from bot.service.ports import Refused


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///state.db", "state.db"),
        ("sqlite:////var/lib/gitops-bot/state.db", "/var/lib/gitops-bot/state.db"),
        ("sqlite+aiosqlite:////tmp/state.db", "/tmp/state.db"),
        ("sqlite:////tmp/with space & #1%20.db", "/tmp/with space & #1%20.db"),
    ],
)
def test_files(url: str, path: str) -> None:
    address = parse_address(url)
    assert address.path == Path(path)
    assert address.described == f"SQLite at {path}"


@pytest.mark.parametrize(
    ("url", "dsn", "described"),
    [
        ("postgresql://u:p@db/bot", "postgresql://u:p@db/bot", "PostgreSQL database bot at db"),
        ("postgres://u:p@db:5433/bot", "postgresql://u:p@db:5433/bot", "PostgreSQL database bot at db:5433"),
        (
            "postgresql+asyncpg://u@a:1,b:2/bot?sslmode=verify-full",
            "postgresql://u@a:1,b:2/bot?sslmode=verify-full",
            "PostgreSQL database bot at a:1,b:2",
        ),
        (
            "postgresql:///bot?host=/run/postgresql",
            "postgresql:///bot?host=/run/postgresql",
            "PostgreSQL database bot at /run/postgresql",
        ),
        ("postgresql://", "postgresql://", "PostgreSQL database the user's own at its socket"),
    ],
)
def test_servers(url: str, dsn: str, described: str) -> None:
    address = parse_address(url)
    assert (address.dsn, address.path, address.described) == (dsn, None, described)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "state.db",
        "mysql://u:hunter2@db/bot",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a?mode=ro",
    ],
)
def test_others_are_refused_with_what_is_wanted(url: str) -> None:
    with pytest.raises(Refused, match="sqlite:///") as refusal:
        parse_address(url)
    assert "hunter2" not in str(refusal.value)


@given(st.text("abcXYZ0189:/?#[]%&=+!$,;~*'\"", min_size=1).map(lambda text: f"S3cret{text}"))
def test_no_password_is_ever_told(password: str) -> None:
    try:
        told = describe(f"postgresql://user:{password}@db.example.com/bot")
    except Refused as refusal:
        told = str(refusal)
    assert "S3cret" not in told
