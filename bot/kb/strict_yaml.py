"""Strict YAML 1.2 core with line numbers: `yes` and `no` are words, keys are unique strings, aliases are capped.

PyYAML alone reads YAML 1.1 (`on:` becomes True, `no` False) and keeps the last of two equal keys in silence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

DEPTH_LIMIT = 24
NODE_LIMIT = 20_000
"""Nodes of one document, each repetition of an alias counted: a nest of aliases stops here."""

Path = tuple[str | int, ...]
Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOLEAN = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INTEGER = re.compile(r"^(?:[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,16})$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_STANDARD = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})
"""Tags of values that carry none; any other was written by hand and asks for something special."""

_SPECIAL = frozenset("~nNtTfF-+.0123456789")
"""What a plain scalar begins with that isn't text."""


class _Loader(yaml.CSafeLoader):
    """Gives scalars no type: we decide that ourselves, by YAML 1.2."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  that is how PyYAML wants it


class BadYaml(ValueError):
    """The text isn't YAML as we read it. `line` counts from 1 within the text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Tree:
    """A document's value, and for each path into it the line (from 1) where it stands."""

    value: Plain
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest part above it that is there."""
        for length in range(len(path), -1, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return 1


def parse(text: str) -> Tree:
    """Read one document. Raises `BadYaml`."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        parts = filter(None, (error.context, error.problem))
        raise BadYaml(", ".join(parts) or "not YAML", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise BadYaml(str(error).splitlines()[0], 1) from error
    if node is None:
        return Tree(None, {(): 1})
    walker = _Walker()
    return Tree(walker.value(node, (), 0), walker.lines)


@dataclass(slots=True)
class _Walker:
    lines: dict[Path, int] = field(default_factory=dict)
    nodes: int = 0

    def value(self, node: yaml.Node, path: Path, depth: int) -> Plain:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise BadYaml(f"more than {NODE_LIMIT} values, aliases counted each time", line)
        if depth > DEPTH_LIMIT:
            raise BadYaml(f"nested deeper than {DEPTH_LIMIT} levels", line)
        if node.tag not in _STANDARD:
            raise BadYaml(f"the tag {node.tag} isn't allowed", line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> Plain:
        found: dict[str, Plain] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise BadYaml(f"the key {key_node.value!r} isn't a word: quote it", line)
            if key == "<<":
                raise BadYaml("merge keys (<<) aren't allowed", line)
            if key in found:
                raise BadYaml(f"the key {key!r} stands twice", line)
            self.lines[(*path, key)] = line
            found[key] = self.value(value_node, (*path, key), depth + 1)
        return found


def _scalar(node: yaml.Node) -> Plain:
    text = str(node.value)
    if text and text[0] not in _SPECIAL:
        return text
    if getattr(node, "style", None):  # quoted or a block; plain is None or, from libyaml, an empty string
        return text
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if _INTEGER.match(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.match(text):
        return float(text)
    return text
