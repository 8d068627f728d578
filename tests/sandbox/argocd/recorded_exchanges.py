"""Plays recorded HTTP exchanges against the fake and says where the fake answers otherwise."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.argocd import FakeArgoCD, ManualTimeline

RECORDED = Path(__file__).parents[2] / "recorded" / "argocd" / "http"
TOKEN = "header.responder.signature"
Json = dict[str, Any]
Act = Callable[[FakeArgoCD], None]

_LONG_PAUSE = 1.0
"""Seconds between two exchanges after which the recording waited for things to settle."""
_MOST_WRITES = 12
_CLOCK_TIME = re.compile(r"at \d{1,2}:\d{2}[AP]M")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One recorded file: what is true at its start, what others did between exchanges, and who asks.

    `acts` are done before the exchange of that index; `tokens` replaces the responder's token there (None: no token);
    `excluded` names exchanges that aren't compared, each with its reason.
    """

    name: str
    prepare: Callable[[FakeArgoCD, list[Json]], None]
    acts: Mapping[int, Act] = field(default_factory=dict)
    tokens: Mapping[int, str | None] = field(default_factory=dict)
    excluded: Mapping[int, str] = field(default_factory=dict)


def exchanges_of(name: str) -> list[Json]:
    """Return a file's exchanges; entries without a request only tell what was done to the rig."""
    exchanges: list[Json] = json.loads((RECORDED / f"{name}.json").read_text())
    return exchanges


async def play(story: Story) -> list[str]:
    """Play a story and return every difference, the index and path of its exchange before it."""
    exchanges = exchanges_of(story.name)
    timeline = ManualTimeline(_moment(exchanges[0]))
    fake = FakeArgoCD(token=TOKEN, timeline=timeline)
    story.prepare(fake, exchanges)
    differences: list[str] = []
    async with TestClient(TestServer(fake.application())) as client:
        before = timeline.now()
        for index, exchange in enumerate(exchanges):
            if act := story.acts.get(index):
                act(fake)
            pause = (_moment(exchange) - before).total_seconds()
            before = _moment(exchange)
            if pause > _LONG_PAUSE:
                await timeline.advance(pause)
            if "request" not in exchange or index in story.excluded:
                continue
            token = story.tokens.get(index, TOKEN)
            # Inside a quick sequence the recorded poll may have met any of the next writes; they come one by one.
            patience = _MOST_WRITES if exchange["request"]["method"] == "GET" and pause <= _LONG_PAUSE else 0
            found = await _difference(client, exchange, token)
            while found and patience and await timeline.step():
                patience -= 1
                found = await _difference(client, exchange, token)
            if found:
                differences.append(f"{index} {exchange['request']['method']} {exchange['request']['path']}: {found}")
    await fake.close()
    return differences


async def _difference(client: TestClient[Any, Any], exchange: Json, token: str | None) -> str:
    request, recorded = exchange["request"], exchange["response"]
    headers = dict(request.get("headers") or {})
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = request.get("raw") or (json.dumps(request["body"]) if "body" in request else None)
    skip = ["Content-Type"] if "Content-Type" not in headers else []
    async with asyncio.timeout(5):
        async with client.request(
            request["method"], request["path"], headers=headers, data=data, skip_auto_headers=skip
        ) as response:
            answered = await _as_recorded(response)
    for part in ("status", "content_type", "text"):
        if answered.get(part) != (
            masked(recorded[part]) if part == "text" and part in recorded else recorded.get(part)
        ):
            return f"{part}: recorded {recorded.get(part)!r}, answered {answered.get(part)!r}"
    wanted, got = projected(recorded.get("body")), projected(answered.get("body"))
    return "" if wanted == got else f"recorded {json.dumps(wanted)}, answered {json.dumps(got)}"


async def _as_recorded(response: ClientResponse) -> Json:
    text = await response.text()
    answered: Json = {"status": response.status, "content_type": response.headers.get("Content-Type")}
    try:
        answered["body"] = json.loads(text)
    except json.JSONDecodeError:
        answered["text"] = masked(text)
    return answered


def masked(text: str) -> str:
    """Hide moments."""
    return _MOMENT.sub("<moment>", _CLOCK_TIME.sub("at <time>", text))


def projected(body: Any) -> Any:  # noqa: ANN401 - JSON of any shape goes in and comes out
    """Reduce a body to what must be equal."""
    if not isinstance(body, dict):
        return body
    if "status" in body and "destination" in body.get("spec", {}):
        return _application(body)
    if body.get("items") and "involvedObject" in body["items"][0]:
        return [_event(event) for event in body["items"]]
    if "items" in body and "metadata" in body:
        return {"items": body["items"]}
    if "iat: " in str(body.get("message")):
        return {name: masked(str(value)) for name, value in body.items()}
    return body


def _application(app: Json) -> Json:
    status = app["status"]
    state = status.get("operationState")
    result = (state or {}).get("syncResult")
    return {
        "operation": app.get("operation"),
        "operationState": state is not None,
        "phase": state and state["phase"],
        "message": state and masked(state.get("message", "")),
        "finished": state and "finishedAt" in state,
        "ran": state and state["operation"],
        "results": result and sorted(_result(one) for one in result.get("resources") or []),
        "sync": status["sync"]["status"],
        "health": status["health"].get("status"),
        "history": [(entry.get("id"), entry["revision"]) for entry in status.get("history") or []],
        "automated": (app["spec"].get("syncPolicy") or {}).get("automated"),
    }


def _result(result: Json) -> list[str]:
    return [result["kind"], result["name"], result["status"], result.get("hookPhase", ""), result.get("message", "")]


def _event(event: Json) -> list[str | None]:
    user = event["metadata"].get("annotations", {}).get("user")
    return [event["type"], event["reason"], event["message"], event["source"]["component"], user]


def _moment(exchange: Json) -> datetime:
    return datetime.fromisoformat(exchange["at"])
