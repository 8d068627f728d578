"""What went wrong in a database, as `Unreachable` (try again) or `Refused` (someone must act), in a sentence.

Nothing of a statement or its values is repeated: they may hold what a message said.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.service.ports import PortError, Refused, Unreachable

_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_INTERRUPT: "was interrupted",
}
_SQLITE_REFUSED = {
    sqlite3.SQLITE_READONLY: (
        "readonly",
        "is read-only. Give the bot's user the right to write the file and its folder",
    ),
    sqlite3.SQLITE_FULL: ("full", "has no room: the disk is full. Free some space; the bot goes on by itself"),
    sqlite3.SQLITE_NOTADB: ("notadb", "is not an SQLite database. Name another file, or move this one away"),
    sqlite3.SQLITE_CORRUPT: ("corrupt", "is damaged. Restore a backup, or recover it with `sqlite3 FILE .recover`"),
    sqlite3.SQLITE_CANTOPEN: ("cantopen", "can't be opened. Check that its folder exists and may be written"),
    sqlite3.SQLITE_PERM: ("permission", "may not be opened. Check the owner and mode of the file"),
    sqlite3.SQLITE_IOERR: ("io", "can't be read or written: the disk reports an error"),
    sqlite3.SQLITE_TOOBIG: ("toobig", "was given more than fits a row"),
}
_POSTGRES_AWAY = {
    "08": "lost the connection",
    "40": "gave up this transaction in favour of another",
    "53300": "has no free connection",
    "53": "is short of resources",
    "55P03": "is locked",
    "57": "is shutting down, starting, or cancelled the statement",
}
_POSTGRES_REFUSED = {
    "25006": ("readonly", "is read-only (a standby?). Name the primary"),
    "28": ("login", "refused the user or the password. Check GITOPS_BOT_DATABASE__URL"),
    "3D000": ("absent", "doesn't exist. Create it: `createdb NAME`"),
    "42501": ("permission", "refused for lack of rights. The bot's user must own its database or schema"),
    "53100": ("full", "has no room: the disk is full. Free some space; the bot goes on by itself"),
}


@contextmanager
def spoken(described: str) -> Iterator[None]:
    """Turn what the database raises within into `Unreachable` or `Refused` about the database described so."""
    try:
        yield
    except PortError:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise translate(error, described) from error


def translate(error: BaseException, described: str) -> PortError:
    """The port's error for a driver's or SQLAlchemy's one."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _postgres(state, cause, described)
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause, described)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Unreachable(f"The database ({described}) lost the connection.")
    if isinstance(cause, TimeoutError | PoolTimeout):
        return Unreachable(f"The database ({described}) did not answer in time.")
    if isinstance(cause, OSError):
        return Unreachable(f"The database ({described}) can't be reached: {cause.strerror or cause}.")
    return Refused(f"The database ({described}) refused: {_words(cause)}.", reason=type(cause).__name__)


def _sqlite(error: sqlite3.Error, described: str) -> PortError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_AWAY:
        return Unreachable(f"The database ({described}) {_SQLITE_AWAY[code]}.")
    if code in _SQLITE_REFUSED:
        reason, words = _SQLITE_REFUSED[code]
        return Refused(f"The database ({described}) {words}.", reason=reason)
    if code == sqlite3.SQLITE_CONSTRAINT:
        return Refused(f"The database ({described}) refused a row: {_words(error)}.", reason="constraint")
    return Refused(f"The database ({described}) refused: {_words(error)}.", reason="sqlite")


def _postgres(state: str, error: BaseException, described: str) -> PortError:
    for code in (state, state[:2]):
        if code in _POSTGRES_REFUSED:
            reason, words = _POSTGRES_REFUSED[code]
            return Refused(f"The database ({described}) {words}.", reason=reason)
        if code in _POSTGRES_AWAY:
            return Unreachable(f"The database ({described}) {_POSTGRES_AWAY[code]}.")
    if state.startswith("23"):
        return Refused(f"The database ({described}) refused a row: {_words(error)}.", reason="constraint")
    return Refused(f"The database ({described}) refused: {_words(error)} ({state}).", reason=state)


def _words(error: BaseException) -> str:
    """The first line of what the driver said: the lines after it (PostgreSQL's DETAIL) repeat values."""
    words = str(error).strip() or type(error).__name__
    return words.splitlines()[0].rpartition("'>: ")[2].rstrip(".")[:300]
