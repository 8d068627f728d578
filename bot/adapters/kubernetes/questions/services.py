"""What stands behind a Service."""

from collections.abc import Sequence

from bot.adapters.kubernetes.questions.fields import Json, at, items, mapping, name_of, text, texts
from bot.core.inquiry import Answered


def endpoints(service: Json, slices: Sequence[Json]) -> Answered:
    """How many ready endpoints a Service has. One without a selector or with an external name is told as such."""
    name = f"Service {text(service, 'metadata', 'namespace')}/{name_of(service)}"
    if text(service, "spec", "type") == "ExternalName":
        return Answered(
            value=None, saw=f"{name} stands for {text(service, 'spec', 'externalName')}: it has no endpoints"
        )
    ready: set[str] = set()
    waiting: set[str] = set()
    for item in slices:
        for endpoint in items(item, "endpoints"):
            # Not told means ready (the API's own rule); a terminating one gets no new traffic.
            state = ready if at(endpoint, "conditions", "ready") is not False else waiting
            state.update(texts(endpoint, "addresses"))
    waiting -= ready
    selector = ", ".join(f"{key}={value}" for key, value in mapping(service, "spec", "selector").items())
    saw = f"{name} has {len(ready)} ready endpoints"
    saw += f", and {len(waiting)} that aren't ready" if waiting else ""
    saw += f"; its selector is {selector}" if selector else "; it has no selector"
    return Answered(value=len(ready), saw=saw, fields={"selector": selector})
