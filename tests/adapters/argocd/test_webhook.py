"""Which Applications a webhook's body names."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.argocd import webhook
from bot.adapters.argocd.parse import ParseError
from bot.adapters.argocd.webhook import named_applications
from bot.core.signals import AppRef

RECORDED = Path(__file__).parents[2] / "recorded" / "argocd" / "readings" / "notification.json"


def named(body: object) -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [str(ref) for ref in named_applications(raw, argocd="main")]


def test_our_own_template() -> None:
    found = named_applications(RECORDED.read_bytes(), argocd="main")
    assert found == (AppRef(argocd="main", namespace="argocd", name="monitoring-secrets-prod"),)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        pytest.param({"app": {"name": "web", "namespace": "team"}}, ["team/web"], id="app object"),
        pytest.param(
            {"app": {"metadata": {"name": "web", "namespace": "team"}, "spec": {}}}, ["team/web"], id="raw app"
        ),
        pytest.param(
            {"application": {"metadata": {"name": "web", "namespace": "team"}}}, ["team/web"], id="application"
        ),
        pytest.param(
            {"kind": "Application", "metadata": {"name": "web", "namespace": "x"}}, ["x/web"], id="the CR itself"
        ),
        pytest.param(
            {"metadata": {"name": "web", "namespace": "x"}, "spec": {}}, ["x/web"], id="the CR without its kind"
        ),
        pytest.param({"application": "web"}, ["/web"], id="a name alone is in Argo CD's own namespace"),
        pytest.param({"app": "team/web"}, ["team/web"], id="namespace and name in one"),
        pytest.param({"appName": "web", "appNamespace": "team"}, ["team/web"], id="namespace beside"),
        pytest.param({"app": {"name": "web"}, "namespace": "team"}, ["team/web"], id="object, namespace beside"),
        pytest.param({"app": {"name": "web", "namespace": None}}, ["/web"], id="null namespace"),
        pytest.param({"app": None, "application_name": "web"}, ["/web"], id="null beside a name"),
        pytest.param({"applications": ["a", {"name": "b"}, "a"]}, ["/a", "/b"], id="several, each once"),
        pytest.param([{"app": "a"}, {"app": "b"}], ["/a", "/b"], id="a list"),
    ],
)
def test_shapes(body: object, wanted: list[str]) -> None:
    assert named(body) == wanted


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "isn't JSON", id="empty"),
        pytest.param(b'{"app":', "isn't JSON", id="cut"),
        pytest.param(b"\xff\xfe\xff", "isn't JSON", id="no text"),
        pytest.param(b"[" * 200_000, "nested too deep", id="deep"),
        pytest.param(b'{"app":' * 100_000, "nested too deep", id="deep objects"),
        pytest.param({}, "names no Application", id="nothing"),
        pytest.param(5, "names no Application", id="a number"),
        pytest.param({"app": ""}, "names no Application", id="an empty name"),
        pytest.param({"app": {"name": 5}}, "names no Application", id="a number for a name"),
        pytest.param({"app": "team/"}, "empty text", id="a namespace without a name"),
        pytest.param({"app": "../../session"}, "can't be an Application's name", id="a path"),
        pytest.param({"app": "Web App"}, "can't be an Application's name", id="no Kubernetes name"),
        pytest.param({"app": "a" * 300}, "can't be an Application's name", id="too long"),
        pytest.param({"applications": [f"a{number}" for number in range(101)]}, "more than 100", id="too many"),
    ],
)
def test_what_names_none(body: object, why: str) -> None:
    with pytest.raises(ParseError, match=why):
        named(body)


def test_a_body_too_long_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BODY_LIMIT", 10)
    with pytest.raises(ParseError, match="longer than"):
        named({"app": "web"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["app", "metadata", "name", "namespace", "apps", "kind", "spec"]), inner)
    ),
    max_leaves=15,
)


@given(st.binary(max_size=50) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_body_names_some_or_says_why_not(body: bytes) -> None:
    try:
        found = named(body)
    except ParseError:
        return
    assert found
