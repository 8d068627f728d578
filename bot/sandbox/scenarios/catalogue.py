"""The stories that ship with the sandbox: recorded ones, kept in `recorded/` (its README says where they come from)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.sandbox.scenarios.recording import Recording, read_recording

RECORDED = Path(__file__).parent / "recorded"
DEFAULT = "cascade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story one may start: its name, a title for people, and how it is read."""

    name: str
    title: str
    directory: Path = RECORDED

    def read(self) -> Recording:
        """Return the recording."""
        return read_recording(self.directory, self.name)


TITLES = {
    "cascade": "One afternoon: five failures, one after another",
    "shared-resource": "A ConfigMap in two Applications, then mended in Git",
    "first-install": "Prometheus is installed before its CRDs, then healed",
    "serviceaccount-missing": "A ServiceAccount is switched off: no notification at all",
    "pod-security": "A security override is refused, then dropped",
    "image-platform": "An image without linux/amd64",
    "repo-server-down": "The repo-server goes down under 25 Applications",
    "healthy": "Nothing is wrong",
}


@cache
def scenarios() -> dict[str, Scenario]:
    """Every shipped story by name, the default first."""
    return {name: Scenario(name=name, title=title) for name, title in TITLES.items()}
