"""What people copy into a shell can't do more than the template says."""

import shlex

import pytest
from hypothesis import given

from bot.core.cards import phrase
from bot.core.shell import to_command
from bot.core.telling import command_phrase
from bot.core.text import cut
from bot.core.visible import clean, one_line
from tests.adapters.slack.cards import hostile_text


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        pytest.param("kubectl get pod {{a}}", "web-1", "kubectl get pod web-1", id="plain"),
        pytest.param("kubectl get pod {{a}}", "x; rm -rf /", "kubectl get pod 'x; rm -rf /'", id="semicolon"),
        pytest.param("kubectl get '{{a}}'", "it's", "kubectl get 'it'\\''s'", id="in-single-quotes"),
        pytest.param('jq "{{a}}"', '$(id)"', 'jq "\\$(id)\\""', id="in-double-quotes"),
        pytest.param("`ls {{a}}`", "", "ls ''", id="empty-value-and-code-marks"),
        pytest.param("ls {{b}}", "x", "ls {{b}}", id="missing"),
    ],
)
def test_a_command(template: str, value: str, expected: str) -> None:
    assert to_command(phrase(template, a=value)) == expected


@given(hostile_text)
def test_a_value_stays_one_argument(value: str) -> None:
    expected = cut(one_line(clean(value[:2000])), 500)
    for template in ("show {{a}}", "show '{{a}}'"):
        assert shlex.split(to_command(phrase(template, a=value))) == ["show", expected]


def test_what_is_not_known_stands_there_by_name() -> None:
    command = command_phrase("kubectl -n {{namespace}} get {{signal.name}}", {"namespace": "$(id)"})
    assert to_command(command) == "kubectl -n '$(id)' get SIGNAL-NAME"
