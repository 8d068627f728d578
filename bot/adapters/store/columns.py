"""Column types that read back exactly what was written, on SQLite and PostgreSQL alike."""

import re
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

_ESCAPE = "\x1a"
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
"""PostgreSQL stores no NUL, neither database a lone surrogate; the third is the sign that escapes both."""

_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


def escape(text: str) -> str:
    """A text that both databases store; ordinary ones stay as they are."""
    return _UNSTORABLE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def unescape(text: str) -> str:
    """What `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if _ESCAPE in text else text


class ExactText(TypeDecorator[str]):
    """Text in which NUL and lone surrogates, possible in what servers say, survive."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Escape on the way in."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """Unescape on the way out."""
        return None if value is None else unescape(value)


class Moment(TypeDecorator[datetime]):
    """An instant to the microsecond, stored in UTC, so that the databases compare them as we do."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Bring it to UTC; one without a zone is a bug and refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give it its zone back; SQLite keeps none."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
