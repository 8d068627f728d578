"""Begins an entry: a draft with a rule made from one real message, ready to be filled in."""

import re
from collections.abc import Collection, Mapping

import yaml

from bot.core.haystack import text_of, tries
from bot.core.patterns import compile_pattern, literal_length
from bot.core.text import cut

MESSAGE_USED = 400
"""Characters of the message that become the rule: what follows is mostly a repetition."""

LITERALS_NEEDED = 8
TITLE_LIMIT = 150

_ID = re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
_ESCAPED = re.compile(r"[\\.+*?()\[\]{}^$|]")
_VARIABLE = re.compile(
    r"\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)'|`(?P<back>[^`]+)`"
    r"|(?P<url>https?://[^\s\"',)]*[^\s\"',).:;])"
    r"|\b(?:[\w.-]+/)?v\d\w*/[A-Z]\w+:(?P<resource>[\w.-]*\w)"
    r"|(?P<path>\b[\w.-]+/[\w./:@-]*[\w-])"
    r"|(?P<number>\b\d[\d.:]*\w*\b)"
    r"|(?P<hash>\b[0-9a-f]{7,}\b)"
)
"""What differs from case to case: quoted names, addresses, paths, numbers, hashes."""

_KINDS = re.compile(r"([A-Za-z][A-Za-z_]{2,})\W*$")


class BadDraft(ValueError):
    """No entry can be begun from this; the text says why."""


def draft(entry: str, *, area: str, message: str, title: str | None = None) -> str:
    """The file of a new draft that matches its message. Raises `BadDraft`."""
    if not _ID.match(entry):
        raise BadDraft(f"{entry!r} isn't an id: use kebab-case, such as quota-exceeded")
    if not _ID.match(area):
        raise BadDraft(f"{area!r} isn't an area: use a folder's name in kebab-case, such as storage")
    text = text_of(message).message
    first = next((line.strip() for line in _searched(text)[0].split("\n") if line.strip()), "")
    pattern, captures = tried_rule(first)
    named = title or cut(f"{entry.replace('-', ' ').capitalize()}", TITLE_LIMIT)
    return _FILE.format(
        id=entry,
        title=quoted(cut(named, TITLE_LIMIT)),
        pattern=single_quoted(pattern),
        message=quoted(first),
        captures=flow(captures),
        values=", ".join(f"{{{{{name}}}}}" for name in captures) or "none",
    )


def one_line(message: str) -> str:
    """The message as the rules of a draft see it: without secrets and wrappers, its lines joined to one."""
    texts = _searched(text_of(message).message)
    return texts[1].strip() if "\n" in texts[0] and len(texts) > 1 else texts[0].strip()


def tried_rule(message: str, *, names: Collection[str] = ()) -> tuple[str, Mapping[str, str]]:
    """`rule_for` a message of one line, made sure to match it. Raises `BadDraft`."""
    if not message:
        raise BadDraft("the message is empty")
    used = cut(message, MESSAGE_USED, mark="")
    pattern, captures = rule_for(used, names=names)
    if compile_pattern(pattern).search(message.encode()) is None:
        pattern, captures = _literal(used), {}
    if literal_length(pattern) < LITERALS_NEEDED:
        raise BadDraft(f"the message has fewer than {LITERALS_NEEDED} fixed characters to recognise it by")
    return pattern, captures


def rule_for(message: str, *, names: Collection[str] = ()) -> tuple[str, Mapping[str, str]]:
    """A pattern for messages like this one, and what it captures here.

    Quoted names, paths, addresses and numbers become captures, named after the word before them; so do `names`.
    """
    parts: list[str] = []
    captures: dict[str, str] = {}
    position = 0
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    variable = re.compile(rf"{_VARIABLE.pattern}|(?P<name>(?<![\w.-])(?:{known})(?![\w.-]))") if known else _VARIABLE
    for match in variable.finditer(message):
        parts.append(_literal(message[position : match.start()]))
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "resource":  # the kind stays: it tells one failure from another
            parts.append(_literal(match[0][: -len(value)]))
        name = _name(message[: match.start()], kind, captures)
        quote = {"double": '"', "single": "'", "back": "`"}.get(kind, "")
        inner = r"\S+" if not quote else f"[^{quote}]+"
        parts.append(f"{quote}(?P<{name}>{inner}){quote}")
        captures[name] = value.strip()
        position = match.end()
    parts.append(_literal(message[position:]))
    return "".join(parts), captures


def _searched(text: str) -> tuple[str, ...]:
    return next(tries(text, text))


def _literal(text: str) -> str:
    return re.sub(r"\s{2,}", r"\\s+", _ESCAPED.sub(lambda match: "\\" + match[0], text))


def _name(before: str, kind: str, taken: Mapping[str, str]) -> str:
    """A capture's name: the word before the value, else what it is; numbered where it is taken."""
    word = _KINDS.search(before)
    base = word[1].lower() if word and kind in ("double", "single", "back") else kind
    base = {"double": "value", "single": "value", "back": "value", "resource": "name"}.get(base, base)[:30]
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def quoted(text: str) -> str:
    """Text as a YAML scalar in double quotes, on one line."""
    return yaml.safe_dump(text, default_style='"', width=10_000, allow_unicode=True).strip()


def single_quoted(text: str) -> str:
    """Text as a YAML scalar in single quotes, in which backslashes are plain."""
    return "'" + text.replace("'", "''") + "'"


def flow(values: Mapping[str, str]) -> str:
    """A YAML mapping on one line."""
    return "{" + ", ".join(f"{name}: {quoted(value)}" for name, value in values.items()) + "}"


_FILE = """---
id: {id}
title: {title}
status: draft          # matched and logged, never posted; make it stable when lint and test are content
severity: medium       # critical · high · medium · low
scope: app             # what one incident is about: object · app · namespace · node · repo · cluster · argocd · named
references: []         # https links to the documentation or the source that says so
match:
  any:
    - message: {pattern}
diagnosis: "What happened here and why, in one or two sentences. Values at hand: {values}."
impact: "What doesn't work until it is mended."
risk: {{level: medium, blast_radius: "what else suffers", rollback: low}}
fixes:
  - id: first
    text: "What to do, in the imperative."
examples:
  match:
    - signal: {{source: cli, message: {message}}}
      captures: {captures}
  no_match: []         # - {{belongs: unknown, signal: {{source: cli, message: "a message that looks alike"}}}}
---
## Meaning

What the message means.

## Impact

Who notices, and when.

## Check by hand

Commands that show it.

## Fix

Step by step, the recommended way first.

## Roll back

How to return to the state before.
"""
