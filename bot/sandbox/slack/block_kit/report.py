"""Collecting everything that is wrong with blocks, each with its JSON pointer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.sandbox.slack.errors import Problem
from bot.sandbox.slack.values import Json, size


@dataclass(slots=True)
class Report:
    """Problems found so far, and the small checks every block is made of."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, text: str, pointer: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(text=text, pointer=pointer))

    def is_object(self, value: object, pointer: str) -> bool:
        """Check for a JSON object."""
        if not isinstance(value, dict):
            self.add("must be an object", pointer)
            return False
        return True

    def fields(self, value: Json, pointer: str, *, required: frozenset[str], optional: frozenset[str]) -> None:
        """Check that all required fields are there and none that Slack doesn't know."""
        for name in sorted(required - value.keys()):
            self.add(f"missing required field: {name}", pointer)
        for name in sorted(value.keys() - required - optional):
            self.add(f"invalid additional property: {name}", pointer)

    def string(self, value: object, pointer: str, *, most: int, least: int = 1) -> None:
        """Check a string's length."""
        if not isinstance(value, str):
            self.add("must be a string", pointer)
        elif size(value) > most:
            self.add(f"must be less than {most + 1} characters", pointer)
        elif size(value) < least:
            self.add(f"must be more than {least - 1} characters", pointer)

    def optional_string(self, holder: Json, name: str, pointer: str, *, most: int, least: int = 1) -> None:
        """Check a string's length where it is given."""
        if name in holder:
            self.string(holder[name], f"{pointer}/{name}", most=most, least=least)

    def optional_flag(self, holder: Json, name: str, pointer: str) -> None:
        """Check a boolean where it is given."""
        if name in holder and not isinstance(holder[name], bool):
            self.add("must be a boolean", f"{pointer}/{name}")

    def one_of(self, holder: Json, name: str, pointer: str, allowed: frozenset[str]) -> None:
        """Check a word where it is given."""
        if name in holder and not (isinstance(holder[name], str) and holder[name] in allowed):
            self.add("must be a valid enum value", f"{pointer}/{name}")

    def items(self, value: object, pointer: str, *, most: int, least: int = 1) -> Iterator[tuple[str, Json]]:
        """Check a list's length; yield (pointer, object) of each item that is an object."""
        if not isinstance(value, list):
            self.add("must be an array", pointer)
            return
        if len(value) > most:
            self.add(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            self.add(f"no less than {least} items allowed" if value else "must provide at least 1 item", pointer)
        for number, item in enumerate(value[:most]):
            if self.is_object(item, f"{pointer}/{number}"):
                yield f"{pointer}/{number}", item

    def text(self, value: object, pointer: str, *, most: int = 3000, plain: bool = False) -> None:
        """Check a text object; `plain` where only plain_text will do."""
        if not self.is_object(value, pointer) or not isinstance(value, dict):
            return
        kind = value.get("type")
        if kind not in ("plain_text", "mrkdwn") or (plain and kind != "plain_text"):
            self.add("must be a valid enum value", f"{pointer}/type")
            return
        extra = "emoji" if kind == "plain_text" else "verbatim"
        self.fields(value, pointer, required=frozenset({"type", "text"}), optional=frozenset({extra}))
        self.optional_flag(value, extra, pointer)
        if "text" in value:
            self.string(value["text"], f"{pointer}/text", most=most)

    def optional_text(self, holder: Json, name: str, pointer: str, *, most: int = 3000, plain: bool = False) -> None:
        """Check a text object where it is given."""
        if name in holder:
            self.text(holder[name], f"{pointer}/{name}", most=most, plain=plain)
