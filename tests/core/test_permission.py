"""Who may do what where: denied by default, by globs, with a second person where the policy wants one."""

import pytest

from bot.core.permission import ACTIONS, Environment, Person, Policy, Rule, Scope, Who, everything_for
from bot.core.signals import AppRef
from bot.core.states import AppState

SHOP = AppState(
    ref=AppRef(namespace="argocd", name="shop"),
    uid="u",
    resource_version="1",
    project="web",
    cluster="eu-1",
    destination_namespace="shop-prod",
)
PRODUCTION = {"production": Environment(namespaces=("*-prod",))}
ANNA = Person(user="U1")


def policy(who: Who, **scope: tuple[str, ...]) -> Policy:
    return Policy(rules=(Rule(name="on call", who=who, scope=Scope(**scope)),), environments=PRODUCTION)


@pytest.mark.parametrize(
    ("scope", "action", "permitted"),
    [
        pytest.param({}, "sync", True, id="everything"),
        pytest.param({"actions": ("sync",)}, "sync", True, id="this action"),
        pytest.param({"actions": ("sync",)}, "rollback", False, id="another action"),
        pytest.param({"actions": ("sync",)}, "prune", False, id="a sync isn't a prune"),
        pytest.param({"actions": ("re*",)}, "restore", True, id="actions by glob"),
        pytest.param({"projects": ("web", "ops")}, "sync", True, id="this project"),
        pytest.param({"projects": ("ops",)}, "sync", False, id="another project"),
        pytest.param({"apps": ("sh*",)}, "sync", True, id="app by glob"),
        pytest.param({"apps": ("argocd/shop",)}, "sync", True, id="app with its namespace"),
        pytest.param({"apps": ("Shop",)}, "sync", False, id="case counts"),
        pytest.param({"environments": ("production",)}, "sync", True, id="environment"),
        pytest.param({"environments": ("staging",)}, "sync", False, id="an environment nobody defined"),
        pytest.param({"environments": ("prod*",)}, "sync", True, id="environments by glob"),
    ],
)
def test_what_a_rule_permits(scope: dict[str, tuple[str, ...]], action: str, *, permitted: bool) -> None:
    assert policy(Who(users=("U1",)), **scope).permits(ANNA, action, SHOP) is permitted


@pytest.mark.parametrize(
    ("who", "person", "meant"),
    [
        pytest.param(Who(users=("U1",)), ANNA, True, id="user"),
        pytest.param(Who(users=("U2",)), ANNA, False, id="another user"),
        pytest.param(Who(groups=("S1",)), Person(user="U1", groups=frozenset({"S1"})), True, id="group"),
        pytest.param(
            Who(emails=("*@sre.example.com",)), Person(user="U1", email="a@sre.example.com"), True, id="address"
        ),
        pytest.param(Who(emails=("*",)), ANNA, False, id="no address fits no glob"),
        pytest.param(Who(), ANNA, False, id="nobody"),
    ],
)
def test_whom_a_rule_means(who: Who, person: Person, *, meant: bool) -> None:
    assert policy(who).permits(person, "sync", SHOP) is meant


def test_without_rules_nobody_may_do_anything() -> None:
    nobody = everything_for(())
    assert not any(nobody.anyone_may(action, SHOP) for action in ACTIONS)
    assert nobody.who_may("sync", SHOP) == ()


def test_a_refusal_can_say_who_may() -> None:
    assert policy(Who(users=("U1",), groups=("S1",))).who_may("sync", SHOP) == ("on call (@U1, group S1)",)


@pytest.mark.parametrize(
    ("who", "others"),
    [
        pytest.param(Who(users=("U1",)), False, id="only the one who asks"),
        pytest.param(Who(users=("U1", "U2")), True, id="two"),
        pytest.param(Who(groups=("S1",)), True, id="a group may hold more"),
    ],
)
def test_whether_somebody_else_could_approve(who: Who, *, others: bool) -> None:
    assert policy(who).others_may("U1", "sync", SHOP) is others


def test_a_sync_that_deletes_needs_a_second_person_by_default() -> None:
    simple = everything_for(["U1"])
    assert [action for action in ACTIONS if simple.needs_second(action, SHOP)] == ["prune"]
