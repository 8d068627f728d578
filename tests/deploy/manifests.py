"""Where the files of deploy/ are, and how they are read."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kustomize" / "base"

Json = dict[str, Any]


def document(path: Path) -> Json:
    """The one YAML document of a file."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict), f"{path} is no object"
    return loaded


def named(name: str) -> Json:
    """A file of the kustomize base."""
    return document(BASE / f"{name}.yaml")
