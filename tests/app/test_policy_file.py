"""The policy file: what it can say, and that every mistake is named with its line."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.policy_file import BadPolicy, load_policy, read_policy
from bot.core.permission import Environment, Rule, Scope, Who

WHOLE = """\
environments:
  production: {namespaces: ["*-prod"], clusters: [eu-*]}
rules:
  - name: on-call SREs
    groups: [S0ONCALL]
    actions: ["*"]
  - users: [U0DEV]
    emails: [Ada@Example.com]
    actions: [sync, refresh]
    projects: [web]
    apps: ["shop-*"]
    environments: [production]
second_person:
  - actions: [rollback]
    environments: [production]
"""


def test_what_it_can_say() -> None:
    policy = read_policy(WHOLE, source="policy.yaml")
    assert policy.environments == {"production": Environment(namespaces=("*-prod",), clusters=("eu-*",))}
    assert policy.rules == (
        Rule(name="on-call SREs", who=Who(groups=("S0ONCALL",)), scope=Scope()),
        Rule(
            who=Who(users=("U0DEV",), emails=("ada@example.com",)),
            scope=Scope(actions=("sync", "refresh"), projects=("web",), apps=("shop-*",), environments=("production",)),
        ),
    )
    assert policy.second_person == (Scope(actions=("rollback",), environments=("production",)),)
    assert (policy.groups, policy.asks_emails) == (frozenset({"S0ONCALL"}), True)


def test_deletions_need_a_second_person_unless_the_file_says_otherwise() -> None:
    rules = "rules:\n  - {users: [U0DEV], actions: [sync]}\n"
    assert read_policy(rules, source="p").second_person == (Scope(actions=("prune",)),)
    assert read_policy(rules + "second_person: []\n", source="p").second_person == ()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        pytest.param("", "p:1: rules: there must be at least one", id="empty"),
        pytest.param("rules: []\n", "p:1: rules: there must be at least one", id="no rules"),
        pytest.param("rulez: []\n", "p:1: rulez: unknown", id="a name that isn't known"),
        pytest.param("rules:\n  - users: [U0DEV]\n", "p:2: a rule needs actions", id="no actions"),
        pytest.param("rules:\n  - actions: [sync]\n", "p:2: a rule needs users, groups or emails", id="nobody"),
        pytest.param("rules:\n  - users: [bob]\n    actions: [sync]\n", "p:2: users: got 'bob'", id="a name as user"),
        pytest.param(
            "rules:\n  - users: [U0DEV]\n    actions: [snyc]\n", "p:3: actions: got 'snyc'; wants any of", id="a slip"
        ),
        pytest.param("rules:\n  - users: [U0DEV]\n    actions: sync\n", "p:3: actions: must be a list", id="no list"),
        pytest.param(
            "rules:\n  - users: [U0DEV]\n    actions: [sync]\n    environments: [prod]\n",
            "p:4: environments: got 'prod'",
            id="an environment nobody defined",
        ),
        pytest.param("rules:\n  - users: [U0DEV]\n    actions: [yes]\n    actions: [no]\n", "p:4:", id="a key twice"),
        pytest.param("rules:\n  - users: []\n    actions: [sync]\n", "p:2: users: is empty", id="an empty list"),
        pytest.param("- a\n- b\n", "p:1: must be a mapping", id="a list"),
        pytest.param("rules: [\n", "p:2:", id="no YAML"),
        pytest.param("environments: {prod: }\nrules: 1\n", "p:1: an environment needs", id="an empty environment"),
    ],
)
def test_mistakes_name_their_line(text: str, mistake: str) -> None:
    with pytest.raises(BadPolicy) as error:
        read_policy(text, source="p")
    assert mistake in str(error.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BadPolicy) as error:
        read_policy("rules:\n  - users: [x]\n    actions: [y]\n", source="p")
    assert len(str(error.value).splitlines()) == 3


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="can't be read"):
        load_policy(tmp_path / "none.yaml")
    (tmp_path / "latin").write_bytes(b"rules: \xff")
    with pytest.raises(BadPolicy, match="UTF-8"):
        load_policy(tmp_path / "latin")


@given(st.text(alphabet="rulesactionU0DEV:[]{}-* \n", max_size=80))
def test_whatever_is_written_it_is_read_or_refused(text: str) -> None:
    with suppress(BadPolicy):
        read_policy(text, source="p")
