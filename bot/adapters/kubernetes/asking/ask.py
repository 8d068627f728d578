"""What every question is: a function of the cluster's objects and the arguments."""

from collections.abc import Awaitable, Callable

from bot.adapters.kubernetes.objects import Objects
from bot.core.inquiry import Answered, Arguments
from bot.core.signals import ObjectRef

Ask = Callable[[Objects, Arguments], Awaitable[Answered]]


def word(arguments: Arguments, name: str) -> str:
    """A text argument; empty where it isn't given."""
    value = arguments.get(name)
    return value if isinstance(value, str) else ""


async def reference(objects: Objects, arguments: Arguments) -> ObjectRef:
    """The object that `kind`, `name`, `namespace` and `group` name; a group that isn't given is looked up."""
    kind, group = word(arguments, "kind"), word(arguments, "group")
    return ObjectRef(
        group=group or await objects.group_of(kind),
        kind=kind,
        namespace=word(arguments, "namespace"),
        name=word(arguments, "name"),
    )


def core(kind: str, arguments: Arguments, *, name: str = "name") -> ObjectRef:
    """An object of the core group by its name and namespace; of one without a namespace, by the name alone."""
    namespace = "" if name in ("node", "volume") or kind == "Namespace" else word(arguments, "namespace")
    return ObjectRef(kind=kind, namespace=namespace, name=word(arguments, name))


def absent(ref: ObjectRef) -> Answered:
    """Nothing can be told of what isn't there."""
    return Answered(value=None, saw=f"there is no {ref}")
