"""What a log line looks like, and what never stands in one."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.log import LIBRARIES, configure_logging, hide_secrets

SECRET = "hunter2Wq8Zt4Lm9"
BEARER = f"Authorization: Bearer {SECRET}"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_look_alike() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)

    structlog.get_logger("bot.service.observe").info("source_up", source="argocd/default", apps=7)
    logging.getLogger("aiohttp.server").warning("lost %d of %s", 2, "three", extra={"remote": "10.0.0.1"})

    ours, theirs = lines(stream)
    assert ours == {
        "event": "source_up",
        "level": "info",
        "logger": "bot.service.observe",
        "source": "argocd/default",
        "apps": 7,
        "timestamp": ours["timestamp"],
    }
    assert theirs == {
        "event": "lost 2 of three",
        "level": "warning",
        "logger": "aiohttp.server",
        "remote": "10.0.0.1",
        "timestamp": theirs["timestamp"],
    }
    assert str(ours["timestamp"]).endswith("Z")


def test_secrets_are_hidden_wherever_they_stand() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream, level="debug")
    log = structlog.get_logger("test")

    log.info(BEARER, token=SECRET, url=f"https://bot:{SECRET}@github.com/")
    log.info("nested", request={"headers": [{"api_key": SECRET, "Cookie": SECRET}], f"password={SECRET}": 1})
    log.info("object", error=ValueError(f"password={SECRET}"))
    logging.getLogger("library").error("token=%s", SECRET, extra={"client_secret": SECRET})
    try:
        int(f"password={SECRET}")
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed too")

    assert SECRET not in stream.getvalue()
    assert len(lines(stream)) == 6
    assert "ValueError" in str(lines(stream)[-1]["exception"])


def test_levels() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream, level="debug")
    structlog.get_logger("bot").debug("ours")
    logging.getLogger("slack_sdk.web.async_client").info("a request with its token")
    logging.getLogger("sqlalchemy.engine").warning("theirs")

    configure_logging(stream=stream, level="error")
    structlog.get_logger("bot").warning("not heard")
    logging.getLogger("slack_sdk").warning("not heard")
    structlog.get_logger("bot").error("heard")

    assert [line["event"] for line in lines(stream)] == ["ours", "theirs", "heard"]


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        pytest.param("auto", io.StringIO(), True, id="auto, no terminal"),
        pytest.param("auto", Terminal(), False, id="auto, terminal"),
        pytest.param("json", Terminal(), True, id="json"),
        pytest.param("console", io.StringIO(), False, id="console"),
    ],
)
def test_formats(form: str, stream: io.StringIO, is_json: bool) -> None:
    configure_logging(stream=stream, format=form)  # type: ignore[arg-type]  # a Literal's own values

    structlog.get_logger("bot").info("one\n{}", text="two\nthree")

    (line,) = stream.getvalue().splitlines()
    assert line.startswith("{") is is_json


def test_warnings_are_lines_too() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)

    assert lines(stream)[0]["logger"] == "py.warnings"


def test_a_line_that_can_not_be_written_is_said_so_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)

    logging.getLogger("library").warning("%d", f"password={SECRET}")

    assert stream.getvalue() == ""
    assert capsys.readouterr().err == "A log line of library could not be written (TypeError).\n"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(event=st.dictionaries(st.text(), VALUES, max_size=4))
def test_whatever_is_logged_can_be_written(event: dict[str, object]) -> None:
    assert json.dumps(hide_secrets(None, "info", event))
