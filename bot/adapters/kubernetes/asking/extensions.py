"""Questions about what the API server serves and calls: kinds, definitions, aggregated APIs, webhooks."""

from collections.abc import Mapping

from bot.adapters.kubernetes.asking.ask import Ask, word
from bot.adapters.kubernetes.asking.surroundings import endpoints_of
from bot.adapters.kubernetes.objects import Objects
from bot.adapters.kubernetes.questions import extensions
from bot.core.evidence import object_text
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import ObjectRef

ADMISSION = "admissionregistration.k8s.io"
DEFINITIONS = "apiextensions.k8s.io"
API_SERVICES = "apiregistration.k8s.io"


async def api_served(objects: Objects, arguments: Arguments) -> Answered:
    """Whether a group is served, and in it a version and a kind, where they are asked for."""
    group, kind, version = (word(arguments, part) for part in ("group", "kind", "version"))
    versions = await objects.versions(group)
    if not versions:
        return Answered(value=False, saw=f"the API server serves no group {group}")
    if version and version not in versions:
        return Answered(value=False, saw=f"{group} is served in {', '.join(versions)}, not in {version}")
    served = f"{group} is served in {', '.join(versions)}"
    if not kind:
        return Answered(value=True, saw=served)
    for candidate in [version] if version else versions:
        if await objects.version_has(group, candidate, kind):
            return Answered(value=True, saw=f"{group}/{candidate} serves {kind}")
    return Answered(value=False, saw=f"{served}, but without the kind {kind}")


async def definition_status(objects: Objects, arguments: Arguments) -> Answered:
    """State of the CustomResourceDefinition of a kind. All of them with their schemas would be megabytes."""
    group, kind = word(arguments, "group"), word(arguments, "kind")
    names = await objects.names(DEFINITIONS, "CustomResourceDefinition")
    refs = [
        ObjectRef(group=DEFINITIONS, kind="CustomResourceDefinition", name=name)
        for name in names
        if name.partition(".")[2] == group
    ]
    definitions = [found for ref in refs if (found := await objects.find(ref)) is not None]
    return extensions.definition_status(extensions.defining(definitions, group, kind), group, kind)


async def api_service(objects: Objects, arguments: Arguments) -> Answered:
    """Whether an aggregated API answers."""
    name = word(arguments, "name")
    return extensions.api_service_status(
        await objects.find(ObjectRef(group=API_SERVICES, kind="APIService", name=name)), name
    )


async def api_services_unavailable(objects: Objects, _arguments: Arguments) -> Answered:
    """The aggregated APIs that don't answer."""
    return extensions.unavailable_api_services(await objects.listed(API_SERVICES, "APIService"))


async def webhook_ready(objects: Objects, arguments: Arguments) -> Answered:
    """Whether the Service behind an admission webhook has ready endpoints."""
    name = word(arguments, "webhook")
    configurations = [
        *await objects.listed(ADMISSION, "ValidatingWebhookConfiguration"),
        *await objects.listed(ADMISSION, "MutatingWebhookConfiguration"),
    ]
    hooks = extensions.hooks(configurations, name)
    if not hooks:
        return Answered(value=None, saw=f"no admission configuration has a webhook {name}")
    behind = {hook.service for hook in hooks if hook.service is not None}
    policies = ", ".join(sorted({hook.failure_policy for hook in hooks}))
    if not behind:
        return Answered(value=None, saw=f"{name} is called at {hooks[0].url}", fields={"failure_policy": policies})
    told = [(ref, await endpoints_of(objects, ref)) for ref in sorted(behind)]
    ready = all(answered.value != 0 for _, answered in told)
    worst = min(told, key=lambda item: item[1].value != 0)[0]
    saw = f"{name} ({hooks[0].configuration}, failure policy {policies}): "
    return Answered(
        value=ready,
        saw=saw + "; ".join(answered.saw for _, answered in told),
        fields={"service": object_text(worst), "failure_policy": policies},
    )


ANSWERS: Mapping[str, Ask] = {
    "kubernetes.api_served": api_served,
    "kubernetes.crd_status": definition_status,
    "kubernetes.api_service": api_service,
    "kubernetes.api_services_unavailable": api_services_unavailable,
    "kubernetes.webhook_ready": webhook_ready,
}
