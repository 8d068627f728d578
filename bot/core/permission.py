"""Who may do what where: rules of a policy, denied by default. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bot.core.plans.wanted import PRUNE, TITLES
from bot.core.states import AppState

ACTIONS = (*sorted(verb.removeprefix("argocd.") for verb in TITLES), PRUNE)
"""What a rule may allow; `prune` is a sync that deletes."""

ANY = ("*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the chat: user id, the groups of the policy they are in, their e-mail address in lower case."""

    user: str
    groups: frozenset[str] = frozenset()
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom a rule is for. E-mail addresses may be globs (`*@sre.example.com`)."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def holds(self, person: Person) -> bool:
        """Whether this person is meant."""
        return (
            person.user in self.users
            or not person.groups.isdisjoint(self.groups)
            or bool(person.email and _fits(person.email, self.emails))
        )

    def named(self) -> tuple[str, ...]:
        """Everyone in it, for people."""
        groups = (f"group {group}" for group in self.groups)
        return (*(f"@{user}" for user in self.users), *groups, *self.emails)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A set of Applications: all four globs must fit."""

    projects: tuple[str, ...] = ANY
    apps: tuple[str, ...] = ANY
    clusters: tuple[str, ...] = ANY
    namespaces: tuple[str, ...] = ANY

    def holds(self, state: AppState) -> bool:
        """Whether an Application is in it; clusters by the bot's name for them, namespaces of its destination."""
        return (
            _fits(state.project, self.projects)
            and _named(state, self.apps)
            and _fits(state.cluster, self.clusters)
            and _fits(state.destination_namespace, self.namespaces)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Some actions on some Applications, by glob."""

    actions: tuple[str, ...] = ANY
    projects: tuple[str, ...] = ANY
    apps: tuple[str, ...] = ANY
    environments: tuple[str, ...] = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do what where. `name` is what people call them."""

    name: str = ""
    who: Who
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All rules. `second_person`: what somebody else who may do it too has to approve."""

    rules: tuple[Rule, ...] = ()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    second_person: tuple[Scope, ...] = (Scope(actions=(PRUNE,)),)
    source: str = "GITOPS_BOT_POLICY__ACTORS"

    def permits(self, person: Person, action: str, state: AppState) -> bool:
        """Whether a person may do this to an Application."""
        return any(rule.who.holds(person) and self._covers(rule.scope, action, state) for rule in self.rules)

    def anyone_may(self, action: str, state: AppState) -> bool:
        """Whether there is a rule at all that lets somebody do this."""
        return any(self._covers(rule.scope, action, state) for rule in self.rules)

    def who_may(self, action: str, state: AppState) -> tuple[str, ...]:
        """Everyone who may, for people, each once."""
        rules = (rule for rule in self.rules if self._covers(rule.scope, action, state))
        return tuple(dict.fromkeys(_called(rule) for rule in rules))

    def others_may(self, user: str, action: str, state: AppState) -> bool:
        """Whether there may be somebody else who may; a group or an e-mail glob may always hold more people."""
        rules = (rule.who for rule in self.rules if self._covers(rule.scope, action, state))
        return any(who.groups or who.emails or set(who.users) - {user} for who in rules)

    def needs_second(self, action: str, state: AppState) -> bool:
        """Whether one person's confirmation isn't enough."""
        return any(self._covers(scope, action, state) for scope in self.second_person)

    @property
    def groups(self) -> frozenset[str]:
        """Every user group that a rule names."""
        return frozenset(group for rule in self.rules for group in rule.who.groups)

    @property
    def asks_emails(self) -> bool:
        """Whether a rule names people by their e-mail address."""
        return any(rule.who.emails for rule in self.rules)

    def _covers(self, scope: Scope, action: str, state: AppState) -> bool:
        return (
            _fits(action, scope.actions)
            and _fits(state.project, scope.projects)
            and _named(state, scope.apps)
            and (scope.environments == ANY or self._within(scope.environments, state))
        )

    def _within(self, wanted: tuple[str, ...], state: AppState) -> bool:
        return any(environment.holds(state) for name, environment in self.environments.items() if _fits(name, wanted))


def everything_for(users: Iterable[str]) -> Policy:
    """The simple form: these people may do everything."""
    people = tuple(sorted(users))
    return Policy(rules=(Rule(who=Who(users=people), scope=Scope()),) if people else ())


def _called(rule: Rule) -> str:
    people = ", ".join(rule.who.named())
    return f"{rule.name} ({people})" if rule.name else people


def _named(state: AppState, patterns: tuple[str, ...]) -> bool:
    return _fits(state.ref.name, patterns) or _fits(str(state.ref), patterns)


def _fits(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
