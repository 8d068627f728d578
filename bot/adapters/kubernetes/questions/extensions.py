"""What extends the API server: custom resource definitions, aggregated APIs, admission webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.kubernetes.questions.fields import Json, condition, items, mapping, name_of, text, told
from bot.core.evidence import object_text
from bot.core.inquiry import Answered
from bot.core.signals import ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook of an admission configuration. `service` is None where it is called by URL."""

    name: str
    configuration: str
    failure_policy: str
    service: ObjectRef | None
    url: str


def definition_status(definition: Json | None, group: str, kind: str) -> Answered:
    """A definition's state: Established, NotEstablished, Terminating; Absent where there is none."""
    if definition is None:
        return Answered(value="Absent", saw=f"no CustomResourceDefinition defines {kind} in {group}")
    name = name_of(definition)
    versions = [text(item, "name") for item in items(definition, "spec", "versions") if item.get("served") is True]
    fields = {"versions": ", ".join(versions), "name": name}
    established = condition(definition, "Established")
    if text(definition, "metadata", "deletionTimestamp"):
        left = told(condition(definition, "Terminating"))
        return Answered(value="Terminating", saw=f"{name} is being deleted; {left}", fields=fields)
    if text(established, "status") == "True":
        return Answered(
            value="Established", saw=f"{name} is established; served versions: {', '.join(versions)}", fields=fields
        )
    names = told(condition(definition, "NamesAccepted"))
    return Answered(value="NotEstablished", saw=f"{name} isn't established; {names}", fields=fields)


def defining(definitions: Sequence[Json], group: str, kind: str) -> Json | None:
    """The definition of a kind."""
    return next(
        (
            item
            for item in definitions
            if text(item, "spec", "group") == group and text(item, "spec", "names", "kind") == kind
        ),
        None,
    )


def api_service_status(service: Json | None, name: str) -> Answered:
    """Available, Unavailable or Absent."""
    if service is None:
        return Answered(value="Absent", saw=f"there is no APIService {name}")
    available = condition(service, "Available")
    behind = mapping(service, "spec", "service")
    fields = {"message": text(available, "message")}
    if behind:
        ref = ObjectRef(kind="Service", namespace=text(behind, "namespace"), name=text(behind, "name"))
        fields["service"] = object_text(ref)
    state = "Available" if text(available, "status") == "True" else "Unavailable"
    return Answered(value=state, saw=f"{name}: {told(available) if available else 'no status yet'}", fields=fields)


def unavailable_api_services(services: Sequence[Json]) -> Answered:
    """The aggregated APIs that don't answer, each `name: condition`."""
    away = tuple(
        f"{name_of(item)}: {told(available)}"
        for item in services
        if text(available := condition(item, "Available"), "status") != "True"
    )
    return Answered(value=away, saw="\n".join(away) or f"all {len(services)} APIServices are available")


def hooks(configurations: Sequence[Json], webhook: str) -> list[Hook]:
    """The webhooks of this name, or of the configuration of this name; one name may stand in several."""
    found = []
    for configuration in configurations:
        for item in items(configuration, "webhooks"):
            if webhook not in (text(item, "name"), name_of(configuration)):
                continue
            behind = mapping(item, "clientConfig", "service")
            ref = ObjectRef(kind="Service", namespace=text(behind, "namespace"), name=text(behind, "name"))
            found.append(
                Hook(
                    name=text(item, "name"),
                    configuration=name_of(configuration),
                    failure_policy=text(item, "failurePolicy") or "Fail",
                    service=ref if behind else None,
                    url=text(item, "clientConfig", "url"),
                )
            )
    return found
