"""Where the database is: a URL taken apart, and told to people without its password."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.service.ports import Refused

WANTED = "a database address is sqlite:///path, sqlite:////absolute/path or postgresql://user:password@host/name"

BADLY_ENCODED = (
    f"The address of the database can't be used: {WANTED}. Signs such as @ : / ? # in the user, the password or an "
    "option must be percent-encoded (%40 %3A %2F %3F %23)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database's place. `path` is set for SQLite, `dsn` for PostgreSQL; `described` never holds a password."""

    described: str
    path: Path | None = None
    dsn: str = ""


def parse_address(url: str) -> Address:
    """Take a URL apart. `Refused` with a sentence where it is no address of a database that keeps what it is given."""
    scheme, separator, rest = url.partition("://")
    kind = scheme.partition("+")[0].lower()
    if not separator or kind not in ("sqlite", "postgresql", "postgres"):
        raise Refused(f"The address of the database can't be used: {WANTED}.", reason="address")
    return _sqlite(rest) if kind == "sqlite" else _postgresql(rest)


def describe(url: str) -> str:
    """The database in words for people, without user and password."""
    return parse_address(url).described


def _sqlite(rest: str) -> Address:
    name = rest.removeprefix("/")
    if name == rest or not name or name.startswith(":memory:") or "?" in name:
        raise Refused(
            "The address of the SQLite database must name a file and nothing else "
            "(sqlite:///relative/path or sqlite:////absolute/path): what is only in memory would be forgotten.",
            reason="address",
        )
    path = Path(name)
    return Address(described=f"SQLite at {path}", path=path)


def _postgresql(rest: str) -> Address:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        hosts = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ())) or "its socket"
    except ValueError:
        # The parser's own words may quote the password.
        raise Refused(BADLY_ENCODED, reason="address") from None
    if "@" in rest and "@" not in parts.netloc:
        raise Refused(BADLY_ENCODED, reason="address")
    name = parts.path.removeprefix("/") or "the user's own"
    return Address(described=f"PostgreSQL database {name} at {hosts}", dsn=f"postgresql://{rest}")
