"""Questions about what surrounds a workload: its namespace, its storage, its Service."""

from collections.abc import Mapping

from bot.adapters.kubernetes.asking.ask import Ask, absent, core, word
from bot.adapters.kubernetes.objects import Objects
from bot.adapters.kubernetes.questions import namespaces, services, storage
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import ObjectRef

STORAGE = "storage.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"


async def pod_security_level(objects: Objects, arguments: Arguments) -> Answered:
    """The enforced Pod Security level."""
    ref = core("Namespace", arguments, name="namespace")
    found = await objects.find(ref)
    return absent(ref) if found is None else namespaces.pod_security_level(found)


async def namespace_phase(objects: Objects, arguments: Arguments) -> Answered:
    """Whether a namespace is there, and whether it is going."""
    ref = core("Namespace", arguments, name="namespace")
    return namespaces.phase(await objects.find(ref), ref.name)


async def quota_left(objects: Objects, arguments: Arguments) -> Answered:
    """What of the namespace's quotas is used up."""
    return namespaces.used_up(await objects.listed("", "ResourceQuota", namespace=word(arguments, "namespace")))


async def limit_ranges(objects: Objects, arguments: Arguments) -> Answered:
    """What the namespace's LimitRanges demand."""
    return namespaces.limit_ranges(await objects.listed("", "LimitRange", namespace=word(arguments, "namespace")))


async def claim_status(objects: Objects, arguments: Arguments) -> Answered:
    """State of a PersistentVolumeClaim."""
    ref = core("PersistentVolumeClaim", arguments)
    claim = await objects.find(ref)
    return Answered(value="Absent", saw=f"there is no {ref}") if claim is None else storage.claim_status(claim)


async def storage_class(objects: Objects, arguments: Arguments) -> Answered:
    """Whether a StorageClass is there."""
    name = word(arguments, "name")
    found = await objects.find(ObjectRef(group=STORAGE, kind="StorageClass", name=name))
    others = [] if found is not None else await objects.listed(STORAGE, "StorageClass")
    return storage.storage_class(found, name, others)


async def default_storage_class(objects: Objects, _arguments: Arguments) -> Answered:
    """The default StorageClass."""
    return storage.default_class(await objects.listed(STORAGE, "StorageClass"))


async def volume_status(objects: Objects, arguments: Arguments) -> Answered:
    """State of a PersistentVolume."""
    ref = ObjectRef(kind="PersistentVolume", name=word(arguments, "name"))
    volume = await objects.find(ref)
    return absent(ref) if volume is None else storage.volume_status(volume)


async def service_endpoints(objects: Objects, arguments: Arguments) -> Answered:
    """Ready endpoints of a Service; a Service that isn't there has none."""
    return await endpoints_of(objects, core("Service", arguments))


async def endpoints_of(objects: Objects, ref: ObjectRef) -> Answered:
    """Ready endpoints of a Service, from its EndpointSlices."""
    service = await objects.find(ref)
    if service is None:
        return Answered(value=0, saw=f"there is no {ref}")
    slices = await objects.listed(
        "discovery.k8s.io", "EndpointSlice", namespace=ref.namespace, labels=f"{SERVICE_NAME}={ref.name}"
    )
    return services.endpoints(service, slices)


ANSWERS: Mapping[str, Ask] = {
    "kubernetes.pod_security_level": pod_security_level,
    "kubernetes.namespace_phase": namespace_phase,
    "kubernetes.quota_left": quota_left,
    "kubernetes.limit_ranges": limit_ranges,
    "kubernetes.claim_status": claim_status,
    "kubernetes.storage_class": storage_class,
    "kubernetes.default_storage_class": default_storage_class,
    "kubernetes.volume_status": volume_status,
    "kubernetes.service_endpoints": service_endpoints,
}
