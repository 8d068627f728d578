"""Answers about the objects of an Application: desired and live states, the tree, drift, tracking, images. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.adapters.argocd.parse import ParseError, json_value
from bot.adapters.argocd.questions.application import SHOWN, same
from bot.adapters.argocd.values import name, record, records
from bot.core.evidence import object_text
from bot.core.inquiry import Answered
from bot.core.signals import AppRef, ObjectRef
from bot.core.states import AppState, ManagedResource, TreeNode

TRACKING_ID = "argocd.argoproj.io/tracking-id"
INSTANCE = "app.kubernetes.io/instance"
LISTED = 8
_POD_SPECS = ("spec.template.spec", "spec.jobTemplate.spec.template.spec", "spec")
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")

Slot = tuple[str, str, str, str]
"""Where an image stands: group, kind, name, container. Rendered manifests often leave the namespace to Argo CD."""

Slots = Mapping[Slot, str]


def resource_health(state: AppState, nodes: Sequence[TreeNode], wanted: ObjectRef) -> Answered:
    """Health of one object: Missing when it isn't live, Live where its kind has no health, Absent where it has none.

    Missing together with a sync status Unknown proves nothing about existence (facts §8.19).
    """
    if state.sync in ("", "Unknown"):
        return Answered(value=None, saw=f"{state.ref} could not be compared, so its tree proves nothing about {wanted}")
    resource = next((item for item in state.resources if same(item.object, wanted)), None)
    if resource is not None and resource.status == "Unknown":
        return Answered(
            value=None, saw=f"{resource.object}: Unknown. The project keeps Argo CD from looking at it; it may exist"
        )
    node = next((item for item in nodes if same(item.object, wanted)), None)
    if node is None and resource is None:
        return Answered(value="Absent", saw=f"{state.ref} has no {wanted}")
    told = node.health if node else resource.health if resource else ""
    message = (node.health_message if node else "") or (resource.health_message if resource else "")
    about = node.object if node else wanted
    if not told:
        told = "Live" if node is not None and node.uid else ""
    if not told:
        return Answered(value=None, saw=f"Argo CD says nothing about the health of {about}")
    parts = [told, *([resource.status] if resource and resource.status else []), *([message] if message else [])]
    if node is not None and node.status_reason:
        parts.append(node.status_reason)
    return Answered(value=told, saw=f"{about}: {', '.join(parts)}"[:SHOWN], fields={"message": message})


def drift(state: AppState) -> Answered:
    """The objects that are OutOfSync."""
    if state.sync in ("", "Unknown"):
        return Answered(value=None, saw=f"{state.ref} could not be compared")
    found = [item for item in state.resources if item.status == "OutOfSync"]
    told = [
        f"{item.object} ({'only live' if item.requires_pruning else item.health or 'differs'})".replace(
            "(Missing)", "(missing)"
        )
        for item in found[:LISTED]
    ]
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    saw = f"OutOfSync: {', '.join(told)}{more}" if found else f"nothing of {state.ref} differs from Git"
    objects = tuple(object_text(item.object) for item in found)
    return Answered(value=objects, saw=saw, fields={"first": objects[0]} if objects else {})


def desires(state: AppState, managed: Sequence[ManagedResource], wanted: ObjectRef) -> Answered:
    """Whether Git, as it rendered last, has the object. Hooks are known by the Application's own list."""
    if state.sync in ("", "Unknown"):
        return Answered(value=None, saw=f"{state.ref} could not be compared, so what it desires isn't known")
    found = next((item for item in managed if same(item.object, wanted)), None)
    hook = next((item for item in state.resources if item.hook and same(item.object, wanted)), None)
    if found is not None and found.target is not None:
        return Answered(
            value=True, saw=f"{state.ref} declares {found.object}", fields={"object": object_text(found.object)}
        )
    if hook is not None:
        return Answered(
            value=True, saw=f"{state.ref} declares the hook {hook.object}", fields={"object": object_text(hook.object)}
        )
    pruned = f"; a live one is to be pruned: {found.object}" if found is not None else ""
    return Answered(value=False, saw=f"{state.ref} does not declare {wanted}{pruned}")


def tracking_owner(managed: Sequence[ManagedResource], wanted: ObjectRef, *, home: str, label: str) -> Answered:
    """The Application that the live object's tracking id names; `home` is Argo CD's own namespace.

    A copied tracking id names another object and counts for nothing. `label` is the label that tracks where Argo CD
    tracks by label.
    """
    found = [item for item in managed if same(item.object, wanted) and item.live is not None]
    if not found:
        return Answered(value=None, saw=f"Argo CD shows no live {wanted}")
    for item in found:
        metadata = record(_json(item.live).get("metadata"))
        tracking = name(record(metadata.get("annotations")).get(TRACKING_ID))
        owner = tracked_by(tracking, item.object, home=home)
        quoted = f"{TRACKING_ID}: {tracking}"
        if owner is None:
            instance = name(record(metadata.get("labels")).get(label))
            owner, quoted = _app(instance, home) if instance and not tracking else "", f"{label}: {instance}"
        if owner:
            fields = {"app": owner, "object": object_text(item.object)}
            return Answered(value=owner, saw=f"{item.object} has {quoted}", fields=fields)
    return Answered(value=None, saw=f"the live {found[0].object} has no tracking id of its own")


def tracked_by(tracking: str, ref: ObjectRef, *, home: str) -> str | None:
    """`namespace/name` of the Application in a tracking id, where it names this very object."""
    owner, _, rest = tracking.partition(":")
    kind, _, place = rest.partition(":")
    group, _, bare = kind.partition("/")
    _, _, last = place.partition("/")
    # Cluster-scoped objects carry the destination's namespace, so the namespace counts only where there is one.
    fits = owner and (group, bare, last) == (ref.group, ref.kind, ref.name)
    if not fits or (ref.namespace and place != f"{ref.namespace}/{ref.name}"):
        return None
    return _app(owner, home)


def earlier_image(state: AppState, image: str, told: Iterable[tuple[int, str, Sequence[str]]], now: Slots) -> Answered:
    """Whether an earlier deployment had another image where this one stands; `told` is history id, revision, manifests.

    `now` is what stands today. Manifests of an older revision are rendered with today's parameters.
    """
    places = {slot for slot, value in now.items() if image_name(value) == image_name(image)}
    if not places:
        return Answered(value=None, saw=f"{image} stands in nothing that {state.ref} declares")
    looked: list[str] = []
    for history_id, revision, manifests in told:
        looked.append(revision[:7])
        before = images_in(manifests)
        other = next((before[slot] for slot in sorted(places) if slot in before), "")
        if other and image_name(other) != image_name(image):
            fields = {"image": other, "history_id": str(history_id), "revision": revision}
            return Answered(value=True, saw=f"history id {history_id} ({revision[:7]}) had {other}", fields=fields)
    if not looked:
        return Answered(value=False, saw=f"the history of {state.ref} has no earlier deployment")
    return Answered(value=False, saw=f"{image} also stands in the earlier deployments {', '.join(looked)}")


def images_in(manifests: Iterable[str]) -> dict[Slot, str]:
    """Every container's image in some manifests."""
    found: dict[Slot, str] = {}
    for text in manifests:
        body = _json(text)
        metadata = record(body.get("metadata"))
        version, kind = name(body.get("apiVersion")), name(body.get("kind"))
        group = version.partition("/")[0] if "/" in version else ""
        place = (group, kind, name(metadata.get("name")))
        for container, image in _images(body):
            found[(*place, container)] = image
    return found


def image_name(image: str) -> str:
    """An image's full name: Docker Hub's registry and `library` spelled out, `latest` where nothing is said."""
    registry, slash, rest = image.partition("/")
    if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
        registry, rest = "docker.io", image
    if registry == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    tagged = "@" in rest or ":" in rest.rpartition("/")[2]
    return f"{registry}/{rest}" if tagged else f"{registry}/{rest}:latest"


def _images(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path in _POD_SPECS:
        spec: Any = body
        for part in path.split("."):
            spec = record(spec).get(part)
        for field in _CONTAINERS:
            for container in records(record(spec).get(field)):
                if name(container.get("image")):
                    yield name(container.get("name")), name(container.get("image"))


def _app(owner: str, home: str) -> str:
    namespace, separator, bare = owner.partition("_")
    return str(AppRef(namespace=namespace, name=bare) if separator else AppRef(namespace=home, name=owner))


def _json(text: str | None) -> Mapping[str, Any]:
    try:
        return record(json_value((text or "").encode()))
    except ParseError:
        return {}
