"""Selectors, patches, windows and bodies, one by one."""

import json
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.argocd.bodies import read_object
from bot.sandbox.argocd.errors import ApiError, go_json
from bot.sandbox.argocd.patches import patched
from bot.sandbox.argocd.selectors import matches
from bot.sandbox.argocd.windows import Windows

DENY = {"kind": "deny", "manualSync": False}
DENY_AUTOMATIC = {"kind": "deny", "manualSync": True}
ALLOW = {"kind": "allow", "manualSync": False}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("team=web", True),
        ("team==web,env=prod", True),
        ("team!=web", False),
        ("absent!=web", True),
        ("team in (api, web)", True),
        ("team notin (api)", True),
        ("team notin (web)", False),
        ("env", True),
        ("!env", False),
        ("!absent,team", True),
    ],
)
def test_selectors(selector: str, expected: bool) -> None:
    assert matches(selector, {"team": "web", "env": "prod"}) is expected


@pytest.mark.parametrize("selector", ["=", "team in web", "a=b,,c", "team==web)"])
def test_broken_selectors_are_refused(selector: str) -> None:
    with pytest.raises(ApiError, match="error parsing the selector"):
        matches(selector, {"team": "web", "a": "b"})


@pytest.mark.parametrize(
    ("assigned", "active", "manual", "automatic"),
    [
        ([], [], True, True),
        ([DENY], [DENY], False, False),
        ([DENY], [], True, True),
        ([DENY_AUTOMATIC], [DENY_AUTOMATIC], True, False),
        ([DENY, DENY_AUTOMATIC], [DENY, DENY_AUTOMATIC], False, False),
        ([ALLOW], [], False, False),
        ([ALLOW], [ALLOW], True, True),
        ([ALLOW, DENY], [ALLOW, DENY], False, False),
    ],
)
def test_windows(assigned: list[Any], active: list[Any], manual: bool, automatic: bool) -> None:
    windows = Windows(assigned=assigned, active=active)
    assert (windows.can_sync(manual=True), windows.can_sync(manual=False)) == (manual, automatic)
    assert windows.to_json()["canSync"] is manual


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ([{"op": "add", "path": "/list/-", "value": 3}], {"list": [1, 2, 3], "a/b": 1}),
        ([{"op": "remove", "path": "/list/0"}], {"list": [2], "a/b": 1}),
        ([{"op": "replace", "path": "/a~1b", "value": 2}], {"list": [1, 2], "a/b": 2}),
        ([{"op": "test", "path": "/list/1", "value": 2}], {"list": [1, 2], "a/b": 1}),
    ],
)
def test_json_patches(patch: list[Any], expected: dict[str, Any]) -> None:
    assert patched({"list": [1, 2], "a/b": 1}, json.dumps(patch), "json") == expected


@pytest.mark.parametrize(
    ("patch", "kind"),
    [
        ("{", "merge"),
        ("{}", "strategic"),
        ('[{"op":"remove","path":"/absent"}]', "json"),
        ('[{"op":"test","path":"/a","value":2}]', "json"),
        ('[{"op":"move","path":"/a"}]', "json"),
        ("[3]", "json"),
    ],
)
def test_broken_patches_are_refused(patch: str, kind: str) -> None:
    with pytest.raises(ApiError):
        patched({"a": 1}, patch, kind)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=4)


@given(objects, objects)
def test_a_merge_patch_applied_twice_changes_nothing_more(document: dict[str, Any], patch: dict[str, Any]) -> None:
    once = patched(document, json.dumps(patch), "merge")
    assert patched(once, json.dumps(patch), "merge") == once


@given(objects)
def test_json_as_go_writes_it_reads_back(document: dict[str, Any]) -> None:
    written = go_json(document)
    assert json.loads(written) == document
    assert not set(written) & set(b"&<>")


async def read(raw: bytes) -> dict[str, Any]:
    request = make_mocked_request("POST", "/")
    request._read_bytes = raw
    return await read_object(request, "Request", {"id": "int64", "name": "string", "items": "list", "on": "bool"})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"id":"1"}', "json: cannot unmarshal string into Go struct field Request.id of type int64"),
        (b'{"id":true}', "json: cannot unmarshal bool into Go struct field Request.id of type int64"),
        (b'{"id":1.5}', "json: cannot unmarshal number 1.5 into Go struct field Request.id of type int64"),
        (b'{"name":{}}', "json: cannot unmarshal object into Go struct field Request.name of type string"),
        (b'{"on":"yes"}', "json: cannot unmarshal string into Go struct field Request.on of type bool"),
        (b"[1]", "json: cannot unmarshal array into Go value of type application.Request"),
        (b'{"a":}', "invalid character '}' looking for beginning of value"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1', "unexpected EOF"),
        (b"{} {}", "invalid character '{' after top-level value"),
        (b"[" * 100_000, "exceeded max depth"),
    ],
)
async def test_bodies_are_refused_in_gos_words(raw: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        await read(raw)
    assert (caught.value.status, caught.value.message) == (400, message)


@pytest.mark.parametrize("raw", [b"", b" ", b"null", b"{}", b'{"id":null}'])
async def test_an_empty_body_is_an_empty_message(raw: bytes) -> None:
    assert not any((await read(raw)).values())
