"""What a rollback would change: the target's manifests against what is live.

Only fields that the manifests state are compared, as an apply does; defaults that the API server adds are no change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.core.cards import Phrase, phrase
from bot.core.plans.manifests import DEPTH, Manifest, manifest
from bot.core.signals import ObjectRef
from bot.core.states import ManagedResource

FIELDS_NAMED = 3
OBJECTS_NAMED = 8
BOOKKEEPING = frozenset({"status", "creationTimestamp", "managedFields", "resourceVersion", "uid", "generation"})
_SUFFIXES = {
    "m": Decimal("0.001"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An object that will differ: which fields (dotted paths), and before → after where it matters to people."""

    object: ObjectRef
    fields: tuple[str, ...] = ()
    images: tuple[tuple[str, str], ...] = ()
    replicas: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that will differ. `leftover`: objects that run now and that the target doesn't have; `hooks` won't run.

    `secrets`: there are some, and Argo CD masks their values, so that nobody can say whether they change.
    """

    added: tuple[ObjectRef, ...] = ()
    changed: tuple[Changed, ...] = ()
    leftover: tuple[ObjectRef, ...] = ()
    hooks: tuple[tuple[ObjectRef, str], ...] = ()
    secrets: bool = False
    images: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether what runs is what the target says."""
        return not (self.added or self.changed or self.leftover)


def difference(manifests: Sequence[str], managed: Sequence[ManagedResource], *, namespace: str) -> Difference:
    """Compare. `namespace` is where objects go that name none."""
    wanted = [found for text in manifests if (found := manifest(text)) is not None]
    live = {item.object: manifest(item.live) for item in managed if item.live}
    objects = [item for item in wanted if not item.hooks]
    pairs = [(item, _find(item.object, live, namespace)) for item in objects]
    kept = {ref for _, ref in pairs if ref is not None}
    changed = (_changed(item, live[ref]) for item, ref in pairs if ref is not None)
    return Difference(
        added=tuple(item.object for item, ref in pairs if ref is None),
        changed=tuple(item for item in changed if item is not None),
        leftover=tuple(sorted(ref for ref in live if ref not in kept)),
        hooks=tuple((item.object, item.hooks) for item in wanted if item.hooks),
        secrets=any(_is_secret(item.object) for item in objects),
        images=tuple(dict.fromkeys(image for item in objects for image in item.images)),
    )


def told(found: Difference) -> Iterator[Phrase]:
    """A difference in lines for a phone: the first few objects of each kind by name, the others counted."""
    if found.nothing:
        yield phrase("No object differs from what runs now.")
    for item in found.changed[:OBJECTS_NAMED]:
        yield _change_line(item)
    yield from _more(len(found.changed), "changed")
    for ref in found.added[:OBJECTS_NAMED]:
        yield phrase("**added** {{object}}", object=ref)
    yield from _more(len(found.added), "added")
    for ref in found.leftover[:OBJECTS_NAMED]:
        yield phrase("**stays** {{object}}: the target doesn't have it, and nothing is deleted", object=ref)
    yield from _more(len(found.leftover), "kept")


def _more(number: int, what: str) -> Iterator[Phrase]:
    if number > OBJECTS_NAMED:
        yield phrase("… and {{number}} more {{what}}", number=number - OBJECTS_NAMED, what=what)


def _change_line(item: Changed) -> Phrase:
    told_so = [f"image {before or 'none'} → {after or 'none'}" for before, after in item.images]
    if item.replicas is not None:
        told_so.append(f"replicas {item.replicas[0]} → {item.replicas[1]}")
    others = [field for field in item.fields if not field.endswith((".image", "spec.replicas"))]
    if others:
        more = f" and {len(others) - FIELDS_NAMED} more" if len(others) > FIELDS_NAMED else ""
        told_so.append(", ".join(others[:FIELDS_NAMED]) + more)
    return phrase("**changed** {{object}}: {{what}}", object=item.object, what="; ".join(told_so))


def _find(ref: ObjectRef, live: Mapping[ObjectRef, Manifest | None], namespace: str) -> ObjectRef | None:
    """The live object of a manifest, which may leave out its namespace."""
    if ref in live:
        return ref
    if ref.namespace:
        return None
    placed = ObjectRef(group=ref.group, kind=ref.kind, namespace=namespace, name=ref.name)
    return placed if placed in live else None


def _changed(wanted: Manifest, live: Manifest | None) -> Changed | None:
    if live is None:
        return Changed(object=wanted.object, fields=("all of it",))
    fields = tuple(_fields(wanted.body, live.body, "", 0))
    if _is_secret(wanted.object):
        # not even which keys: a key's name may say enough
        fields = ("its contents, not shown",) if fields else ()
    if not fields:
        return None
    before, after = live.images, wanted.images
    swapped = tuple(
        (before[index] if index < len(before) else "", after[index] if index < len(after) else "")
        for index in range(max(len(before), len(after)))
    )
    scaled = (live.replicas, wanted.replicas)
    return Changed(
        object=live.object,
        fields=fields,
        images=tuple((old, new) for old, new in swapped if old != new) if set(before) != set(after) else (),
        replicas=(scaled[0], scaled[1])
        if scaled[0] is not None and scaled[1] is not None and scaled[0] != scaled[1]
        else None,
    )


def _fields(wanted: object, live: object, path: str, depth: int) -> Iterator[str]:
    """Paths that the manifest states and that are otherwise in what is live."""
    if depth > DEPTH:
        return
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            if name in BOOKKEEPING:
                continue
            yield from _fields(value, live.get(name), f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _items(wanted, live, path, depth)
    elif not _same(wanted, live):
        yield path


def _items(wanted: list[Any], live: list[Any], path: str, depth: int) -> Iterator[str]:
    """Items by name where they have one (containers, ports, variables), else by their place."""
    named = {item["name"]: item for item in live if isinstance(item, dict) and isinstance(item.get("name"), str)}
    if named and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in wanted):
        for item in wanted:
            yield from _fields(item, named.get(item["name"]), f"{path}[{item['name']}]", depth + 1)
        if len(live) > len(wanted):
            yield path
        return
    if len(wanted) != len(live):
        yield path
        return
    for index, (one, other) in enumerate(zip(wanted, live, strict=True)):
        yield from _fields(one, other, f"{path}[{index}]", depth + 1)


def _is_secret(ref: ObjectRef) -> bool:
    return ref.kind == "Secret" and not ref.group


def _same(wanted: object, live: object) -> bool:
    if wanted == live or (wanted in (None, "", {}, []) and live in (None, "", {}, [])):
        return True
    if _masked(wanted) and _masked(live):
        return True
    # 1000m is 1, and a number may stand as text: the API server writes quantities its own way
    one, other = _quantity(wanted), _quantity(live)
    return one is not None and one == other


def _masked(value: object) -> bool:
    """Argo CD's `++++` in the place of a Secret's value; its length tells nothing across two answers."""
    return isinstance(value, str) and bool(value) and not value.strip("+")


def _quantity(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)[:32]
    suffix = next((name for name in ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei", *"mkMGTPE") if text.endswith(name)), "")
    try:
        found = Decimal(text.removesuffix(suffix)) * _SUFFIXES.get(suffix, Decimal(1))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
