"""YAML 1.2 core, strictly, with lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kb.strict_yaml import BadYaml, parse


def test_words_stay_words_and_values_are_values() -> None:
    text = 'a: yes\nb: true\nc: 12\nd: "12"\ne: 1.10\nf: ~\ng:\nh: on\ni: 0x1F\nj: |\n  12\nk: [no, false]\n'
    assert parse(text).value == {
        "a": "yes",
        "b": True,
        "c": 12,
        "d": "12",
        "e": 1.1,
        "f": None,
        "g": None,
        "h": "on",
        "i": 31,
        "j": "12\n",
        "k": ["no", False],
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "stands twice", id="equal keys"),
        pytest.param("a: 1\n12: x\n", 2, "isn't a word", id="a number as key"),
        pytest.param("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge keys", id="merge key"),
        pytest.param("a: !!python/object:os.system x\n", 1, "tag", id="foreign tag"),
        pytest.param("a: &a [*a]\n", 1, "nested deeper", id="an alias to itself"),
        pytest.param("a: [1\nb: 2\n", 2, "", id="broken"),
        pytest.param("a:\n" + "".join(f"{' ' * n}- \n" for n in range(1, 40)), 26, "nested deeper", id="deep"),
        pytest.param("[" * 100_000, 1, "nesting", id="very deep"),
    ],
)
def test_refused_with_line_and_reason(text: str, line: int, reason: str) -> None:
    with pytest.raises(BadYaml) as caught:
        parse(text)
    assert reason in str(caught.value)
    assert caught.value.line == line


def test_a_nest_of_aliases_stops() -> None:
    nest = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcde", "bcdef", strict=True)
    )
    with pytest.raises(BadYaml, match="aliases counted"):
        parse(nest)


def test_lines_of_parts() -> None:
    tree = parse("a: 1\nb:\n  - x\n  - c: 2\n    d: 3\n")
    assert [tree.line(path) for path in (("a",), ("b", 1), ("b", 1, "d"), ("b", 1, "missing"))] == [1, 4, 5, 4]


@given(st.text(alphabet="ab: -[]{}&*!|>'\"#,\n~0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except BadYaml:
        return
    assert all(1 <= line <= text.count("\n") + 2 for line in tree.lines.values())
