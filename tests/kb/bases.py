"""Knowledge bases for tests: one good entry, changed where a test wants."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HEADINGS = ("Meaning", "Impact", "Check by hand", "Fix", "Roll back")
BODY = "\n\n".join(f"## {name}\n\nText." for name in HEADINGS)


def front(**changes: object) -> dict[str, Any]:
    """A stable entry that lint and test accept; None takes a field away."""
    entry: dict[str, Any] = {
        "id": "vault-sealed",
        "title": "Vault is sealed: {{secret}} can't be read",
        "status": "stable",
        "severity": "high",
        "scope": "app",
        "references": ["https://example.com/vault"],
        "match": {
            "any": [
                {"message": 'fetching secret "(?P<secret>[^"]+)" from Vault: it is sealed'},
                {"source": "k8s-event", "reason": "UpdateFailed", "message": "Vault is sealed, code 503"},
            ]
        },
        "captures": {"secret": "a secret"},
        "diagnosis": "Vault is sealed, so {{secret}} of {{app}} can't be read.",
        "fixes": [{"id": "unseal", "text": "Unseal it.", "commands": ["vault operator unseal"]}],
        "examples": {
            "match": [
                {
                    "signal": {"source": "cli", "message": 'fetching secret "prod/db" from Vault: it is sealed'},
                    "captures": {"secret": "prod/db"},
                },
                {"signal": event("Vault is sealed, code 503", "UpdateFailed"), "captures": {"secret": "a secret"}},
            ],
            "no_match": [{"belongs": "unknown", "signal": {"source": "cli", "message": "Vault is standby"}}],
        },
    }
    return {key: value for key, value in (entry | changes).items() if value is not None}


def event(message: str, reason: str = "Failed") -> dict[str, str]:
    """An event's signal, as examples write it."""
    return {"source": "k8s-event", "reason": reason, "kind": "ExternalSecret", "message": message}


def pasted(message: str) -> dict[str, str]:
    """A pasted message, as examples write it."""
    return {"source": "cli", "message": message}


def other(id_: str, pattern: str, message: str, **changes: object) -> dict[str, Any]:
    """A second entry with one rule and one message (given twice, for an example is needed in two wordings)."""
    return front(
        **{
            "id": id_,
            "title": id_,
            "captures": None,
            "diagnosis": id_,
            "match": {"any": [{"message": pattern}]},
            "examples": {
                "match": [{"signal": pasted(message)}, {"signal": pasted(f"again: {message}")}],
                "no_match": [{"belongs": "unknown", "signal": pasted("nothing like it")}],
            },
            **changes,
        }
    )


def write(root: Path, *entries: Mapping[str, Any], body: str = BODY, area: str = "secrets") -> Path:
    """Write entries below a folder, and say which folder."""
    for entry in entries:
        path = root / area / f"{entry['id']}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(dict(entry), sort_keys=False, allow_unicode=True, width=1000)
        path.write_text(f"---\n{text}---\n{body}\n", encoding="utf-8")
    return root
