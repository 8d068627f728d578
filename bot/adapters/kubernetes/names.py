"""Names from messages and captures become parts of paths only when they can be names."""

import re

from bot.service.ports import Refused

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9:._-]{0,251}[A-Za-z0-9])?")


def segment(name: str) -> str:
    """The name, when it can stand in a path; else `Refused`, so that `..` never asks for something else."""
    if _NAME.fullmatch(name) is None:
        raise Refused(f"{name[:100]!r} can't be a name in Kubernetes.", reason="InvalidName")
    return name
