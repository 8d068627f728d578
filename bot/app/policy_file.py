"""Reads the policy file: who may do what to which Applications. Strict; every mistake is named with its line."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from bot.core.permission import ACTIONS, ANY, Environment, Policy, Rule, Scope, Who
from bot.kb.strict_yaml import BadYaml, Plain, Tree, parse

LARGEST = 1_000_000
USER = re.compile(r"[UW][A-Z0-9]{3,20}")
GROUP = re.compile(r"S[A-Z0-9]{3,20}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
TOP = frozenset({"environments", "rules", "second_person"})
SCOPE = frozenset({"actions", "projects", "apps", "environments"})
RULE = SCOPE | {"name", "users", "groups", "emails"}
ENVIRONMENT = frozenset({"projects", "apps", "clusters", "namespaces"})
Place = tuple[str | int, ...]


class BadPolicy(Exception):
    """The file can't be used; the text has one line per mistake, `file:line: what is wrong`."""


def load_policy(path: Path) -> Policy:
    """Read and check the file. Raises `BadPolicy`."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadPolicy(f"{path}: larger than {LARGEST} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadPolicy(f"{path}: can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadPolicy(f"{path}: isn't UTF-8") from error
    return read_policy(text, source=str(path))


def read_policy(text: str, *, source: str) -> Policy:
    """A policy from its text; `source` is how mistakes and refusals name it. Raises `BadPolicy`."""
    try:
        tree = parse(text)
    except BadYaml as error:
        raise BadPolicy(f"{source}:{error.line}: {error}") from error
    reading = _Reading(tree)
    policy = reading.policy(source)
    if reading.mistakes:
        lines = sorted(set(reading.mistakes))
        raise BadPolicy("\n".join(f"{source}:{line}: {what}" for line, what in lines))
    return policy


class _Reading:
    """One pass over the tree; mistakes are collected, so that all are told at once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.mistakes: list[tuple[int, str]] = []

    def policy(self, source: str) -> Policy:
        top = self._mapping(self._tree.value, (), TOP)
        environments = {
            name: self._environment(value, ("environments", name))
            for name, value in self._any_mapping(top.get("environments"), ("environments",)).items()
        }
        rules = tuple(
            self._rule(item, ("rules", index), environments)
            for index, item in enumerate(self._list(top.get("rules"), ("rules",)))
        )
        if not rules:
            self._wrong(("rules",) if "rules" in top else (), "rules: there must be at least one, or nobody may act")
        if "second_person" not in top:
            return Policy(rules=rules, environments=environments, source=source)
        second = tuple(
            self._scope(self._mapping(item, ("second_person", index), SCOPE), ("second_person", index), environments)
            for index, item in enumerate(self._list(top["second_person"], ("second_person",)))
        )
        return Policy(rules=rules, environments=environments, second_person=second, source=source)

    def _rule(self, value: Plain, place: Place, environments: Mapping[str, Environment]) -> Rule:
        rule = self._mapping(value, place, RULE)
        who = Who(
            users=self._texts(rule, "users", place, ok=_is(USER), wants="Slack user ids such as U0123456789"),
            groups=self._texts(rule, "groups", place, ok=_is(GROUP), wants="ids of user groups such as S0123456789"),
            emails=tuple(
                item.lower() for item in self._texts(rule, "emails", place, ok=_is(EMAIL), wants="e-mail addresses")
            ),
        )
        if not (who.users or who.groups or who.emails):
            self._wrong(place, "a rule needs users, groups or emails")
        if "actions" not in rule:
            self._wrong(place, f"a rule needs actions: any of {', '.join(ACTIONS)}, or globs")
        name = rule.get("name", "")
        if not isinstance(name, str):
            self._wrong((*place, "name"), "name: must be text")
            name = ""
        return Rule(name=name[:80], who=who, scope=self._scope(rule, place, environments))

    def _scope(self, scope: Mapping[str, Plain], place: Place, environments: Mapping[str, Environment]) -> Scope:
        return Scope(
            actions=self._texts(
                scope,
                "actions",
                place,
                default=ANY,
                ok=_fits_any(ACTIONS),
                wants=f"any of {', '.join(ACTIONS)}, or globs",
            ),
            projects=self._texts(scope, "projects", place, default=ANY),
            apps=self._texts(scope, "apps", place, default=ANY),
            environments=self._texts(
                scope,
                "environments",
                place,
                default=ANY,
                ok=_fits_any((*environments, "*")),
                wants="names from `environments` above",
            ),
        )

    def _environment(self, value: Plain, place: Place) -> Environment:
        found = self._mapping(value, place, ENVIRONMENT)
        if not found:
            self._wrong(place, f"an environment needs some of {', '.join(sorted(ENVIRONMENT))}")
        return Environment(**{name: self._texts(found, name, place, default=ANY) for name in sorted(ENVIRONMENT)})

    def _texts(
        self,
        mapping: Mapping[str, Plain],
        name: str,
        place: Place,
        *,
        default: tuple[str, ...] = (),
        ok: Callable[[str], bool] = bool,
        wants: str = "texts or globs",
    ) -> tuple[str, ...]:
        if name not in mapping:
            return default
        items = self._list(mapping[name], (*place, name))
        if not items:
            self._wrong((*place, name), f"{name}: is empty; leave it out or list some")
        texts = []
        for index, item in enumerate(items):
            if isinstance(item, str) and item and ok(item):
                texts.append(item)
            else:
                self._wrong((*place, name, index), f"{name}: got {item!r}; wants {wants}")
        return tuple(texts)

    def _list(self, value: Plain, place: Place) -> Sequence[Plain]:
        if value is None or isinstance(value, list):
            return value or ()
        self._wrong(place, f"{place[-1]}: must be a list")
        return ()

    def _mapping(self, value: Plain, place: Place, known: frozenset[str]) -> Mapping[str, Plain]:
        found = self._any_mapping(value, place)
        for name in self._strangers(found, known):
            self._wrong((*place, name), f"{name}: unknown; here stand {', '.join(sorted(known))}")
        return found

    def _any_mapping(self, value: Plain, place: Place) -> Mapping[str, Plain]:
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self._wrong(place, "must be a mapping of names to values")
        return {}

    def _strangers(self, found: Mapping[str, Plain], known: frozenset[str]) -> Iterator[str]:
        return (name for name in found if name not in known)

    def _wrong(self, place: Place, what: str) -> None:
        self.mistakes.append((self._tree.line(place), what))


def _is(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _fits_any(known: Sequence[str]) -> Callable[[str], bool]:
    """A word, or a glob that fits at least one of those there are: anything else is a slip of the pen."""
    return lambda text: any(fnmatchcase(name, text) for name in known)
