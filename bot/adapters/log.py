"""The log: one line per event on standard error, as JSON or for a terminal, without secrets.

Our own lines (structlog) and those of libraries (the standard library's logging) leave through the same door.
"""

import contextlib
import functools
import logging
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.core.redaction import REDACTED, redact

LIBRARIES = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "kubernetes_asyncio",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
    "urllib3",
)
"""Heard from WARNING on only: their lower levels tell of every statement, and of headers and bodies with tokens."""

_DEEPEST = 6


def configure_logging(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    format: Literal["auto", "json", "console"] = "auto",  # noqa: A002  # the setting's name
    stream: TextIO | None = None,
) -> None:
    """Send all logging to `stream` (default: standard error). `auto`: console on a terminal, else JSON."""
    stream = sys.stderr if stream is None else stream
    console = format == "console" or (format == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    rendering: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets]
    if console:
        rendering += [one_line, structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    else:
        rendering.append(structlog.processors.JSONRenderer(sort_keys=False))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:3],
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[4:],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _Handler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


class _Handler(logging.StreamHandler[TextIO]):
    """Says that a line was lost, and whose; the standard one would print it, with what was to be hidden."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the base class's name
        kind = type(sys.exception()).__name__
        with contextlib.suppress(OSError):  # nobody is left to tell
            sys.stderr.write(f"A log line of {record.name} could not be written ({kind}).\n")


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # structlog's signature
    """Redact every text of a line, however deep; what isn't plain data becomes its text first."""
    return {key: _hidden(value, key=key, depth=0) for key, value in event.items()}


def one_line(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001  # structlog's signature
    """On a terminal a message can't pretend to be two lines."""
    return {**event, "event": str(event.get("event", "")).replace("\n", "\\n")}


def _hidden(value: object, *, key: str, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {redact(str(name)): _hidden(inner, key=str(name), depth=depth + 1) for name, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_hidden(inner, key=key, depth=depth + 1) for inner in value]
    return REDACTED if _names_a_secret(key) else redact(str(value))


@functools.lru_cache(maxsize=1000)
def _names_a_secret(key: str) -> bool:
    """Whether the value of `key=…` would be hidden inside a text, whatever it is."""
    assigned = f"{key}=x1x1x1x1"
    return redact(assigned) != assigned
