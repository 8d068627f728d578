"""The app's manifest asks for what the code uses, and nothing more."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
MANIFEST = ROOT / "deploy" / "slack" / "manifest.yaml"

# docs.slack.dev, each method's page: the bot scopes it needs in channels, public and private
SCOPES: dict[str, set[str]] = {
    "auth_test": set(),
    "apps_connections_open": set(),  # an app-level token's connections:write
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_getPermalink": set(),
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "views_open": set(),
    "views_update": set(),
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read", "users:read.email"},
}
FEATURES = {"commands", "app_mentions:read"}


@pytest.fixture
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return loaded


def called() -> set[str]:
    """Every Web API method that the adapter calls."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "adapters" / "slack").glob("*.py"))
    return {found for source in sources for found in re.findall(r"_client\.([a-z]+_\w+)\(", source)}


def test_the_table_holds_every_method_that_is_called() -> None:
    assert called() == set(SCOPES)


def test_scopes_are_those_of_the_methods_and_features(manifest: dict[str, Any]) -> None:
    asked = manifest["oauth_config"]["scopes"]
    assert set(asked["bot"]) == set().union(*SCOPES.values()) | FEATURES
    assert list(asked) == ["bot"]


def test_each_scope_is_explained() -> None:
    lines = MANIFEST.read_text(encoding="utf-8").splitlines()
    scopes = [number for number, line in enumerate(lines) if re.fullmatch(r"\s+- [a-z_]+(:[a-z.]+)?", line)]
    bot = lines.index("    bot:")
    listed = [number for number in scopes if bot < number < lines.index("settings:")]
    assert len(listed) == 8
    assert all(lines[number - 1].lstrip().startswith("# ") for number in listed)


def test_features_are_on(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["event_subscriptions"]["bot_events"] == ["app_mention"]
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/gitops"]
