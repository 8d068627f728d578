"""Renders docs/settings.md's tables from the models. `python -m tests.settings_tables` writes them into the file."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.settings import Settings
from bot.settings.groups import NamedArgoCD, WatchedCluster

DOCUMENT = Path(__file__).parent.parent / "docs" / "settings.md"
TABLES = re.compile(r"(?<=<!-- tables: begin -->\n).*(?=<!-- tables: end -->)", re.DOTALL)
ITEMS: Mapping[str, type[BaseModel]] = {"argocds": NamedArgoCD, "clusters": WatchedCluster}


def tables() -> str:
    """One section per group, in the order of the models; the lists' items follow with their own names."""
    sections: list[str] = []
    for name, field in Settings.model_fields.items():
        prefix = f"GITOPS_BOT_{name.upper()}"
        if name in ITEMS:
            sections.append(_section(name.upper(), "A list.", {"": field}, prefix))
            sections.append(
                _table({f"`{inner}`": item for inner, item in ITEMS[name].model_fields.items()}, "Item has")
            )
        else:
            model = cast("type[BaseModel]", field.annotation)
            about = str(inspect.getdoc(model))
            rows = {f"__{inner.upper()}": item for inner, item in model.model_fields.items()}
            sections.append(_section(name.upper(), about, rows, prefix))
    return "\n" + "\n".join(sections) + "\n"


def _section(title: str, about: str, rows: Mapping[str, FieldInfo], prefix: str) -> str:
    return f"## {title}\n\n{about}\n\n" + _table({f"`{prefix}{suffix}`": row for suffix, row in rows.items()}, "Name")


def _table(rows: Mapping[str, FieldInfo], heading: str) -> str:
    lines = [f"| {heading} | Default | Meaning | Value | Needed by |", "|---|---|---|---|---|"]
    for name, field in rows.items():
        extra: Any = field.json_schema_extra
        cells = [name, _default(field.default), str(field.description), extra["wants"], extra["needed"]]
        if extra["secret"]:
            cells[3] += " (secret)"
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return ""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`" if isinstance(value, str | int) and value != "" else ""


if __name__ == "__main__":
    DOCUMENT.write_text(TABLES.sub(lambda _: tables(), DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
