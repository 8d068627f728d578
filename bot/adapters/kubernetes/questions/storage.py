"""Claims, their classes and volumes."""

from collections.abc import Sequence

from bot.adapters.kubernetes.questions.fields import Json, mapping, name_of, text
from bot.core.inquiry import Answered

DEFAULT = "storageclass.kubernetes.io/is-default-class"


def claim_status(claim: Json) -> Answered:
    """Pending, Bound or Lost."""
    found = text(claim, "status", "phase") or "Pending"
    storage_class, volume = text(claim, "spec", "storageClassName"), text(claim, "spec", "volumeName")
    asks = f"class {storage_class}" if storage_class else "no class"
    size = text(claim, "spec", "resources", "requests", "storage")
    saw = f"PersistentVolumeClaim {text(claim, 'metadata', 'namespace')}/{name_of(claim)} is {found}: {size} of {asks}"
    saw += f", volume {volume}" if volume else ""
    return Answered(value=found, saw=saw, fields={"storage_class": storage_class, "volume": volume})


def storage_class(found: Json | None, name: str, others: Sequence[Json]) -> Answered:
    """Whether the class is there; what is there else, so that a misspelt name is seen."""
    if found is None:
        names = ", ".join(_with_mark(item) for item in others) or "none"
        return Answered(value=False, saw=f"there is no StorageClass {name}; there are: {names}")
    provisioner = text(found, "provisioner")
    binding = text(found, "volumeBindingMode") or "Immediate"
    fields = {"provisioner": provisioner, "binding": binding}
    return Answered(value=True, saw=f"StorageClass {name}: provisioner {provisioner}, binding {binding}", fields=fields)


def default_class(classes: Sequence[Json]) -> Answered:
    """The name of the default class; empty where there is none."""
    found = [name_of(item) for item in classes if _is_default(item)]
    names = ", ".join(_with_mark(item) for item in classes) or "none"
    return Answered(value=found[0] if found else "", saw=f"StorageClasses: {names}")


def volume_status(volume: Json) -> Answered:
    """Phase of a PersistentVolume: Available, Bound, Released or Failed."""
    found = text(volume, "status", "phase") or "Pending"
    claim = mapping(volume, "spec", "claimRef")
    of = f" by {text(claim, 'namespace')}/{text(claim, 'name')}" if claim else ""
    message = text(volume, "status", "message")
    saw = f"PersistentVolume {name_of(volume)} is {found}{of}" + (f": {message}" if message else "")
    return Answered(value=found, saw=saw, fields={"message": message})


def _is_default(item: Json) -> bool:
    return text(item, "metadata", "annotations", DEFAULT) == "true"


def _with_mark(item: Json) -> str:
    return f"{name_of(item)} (default)" if _is_default(item) else name_of(item)
