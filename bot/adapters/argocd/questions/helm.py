"""A Helm value as the Application itself sets it: parameters, then valuesObject or values. Files are Git's. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml

from bot.adapters.argocd.values import TEXT_LIMIT, name, record, records
from bot.core.inquiry import Answered
from bot.core.redaction import redact


def values_flag(document: Mapping[str, Any], key: str) -> Answered:
    """The value of a dotted key. None where only a value file in Git, or the chart's default, could tell."""
    spec = record(document.get("spec"))
    helms = [record(source.get("helm")) for source in records(spec.get("sources")) or [record(spec.get("source"))]]
    for helm in helms:
        for parameter in reversed(records(helm.get("parameters"))):
            if name(parameter.get("name")) == key:
                return _told(key, parameter.get("value"), "parameters")
        for field, values in (("valuesObject", helm.get("valuesObject")), ("values", _parsed(helm.get("values")))):
            found, value = _at(values, key)
            if found:
                return _told(key, value, field)
    files = [file for helm in helms for file in helm.get("valueFiles") or () if isinstance(file, str)]
    where = f"the value files {', '.join(files[:4])}" if files else "a value file, or the chart's default"
    return Answered(value=None, saw=f"the Application itself does not set {key}: {where} may")


def _told(key: str, value: object, where: str) -> Answered:
    shown = (
        {True: "true", False: "false", None: ""}.get(value) if value is None or isinstance(value, bool) else str(value)
    )
    clean = redact(str(shown)[:400])
    return Answered(value=clean, saw=f"spec.source.helm.{where}: {key}={clean or '(empty)'}")


def _at(values: object, key: str) -> tuple[bool, object]:
    """The value at a dotted key; a key that itself has dots is tried first."""
    body = record(values)
    if key in body:
        return True, body[key]
    head, dot, rest = key.partition(".")
    while dot:
        if head in body:
            found, value = _at(body[head], rest)
            if found:
                return True, value
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return False, None


def _parsed(text: object) -> object:
    if not isinstance(text, str) or len(text) > TEXT_LIMIT or "&" in text:  # anchors could grow without bound
        return None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return None
