"""Which Applications a webhook's body names. Pure. Nothing else in it is believed: they are read again by API."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.adapters.argocd.parse import ParseError
from bot.adapters.argocd.values import record
from bot.core.signals import AppRef

BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a body; ours holds 50 conditions and 150 resources at most."""

APPLICATIONS_LIMIT = 100
"""Applications one body may name."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_ONE = ("app", "application", "appName", "applicationName", "app_name", "application_name")
_SEVERAL = ("apps", "applications")
_NAMESPACE = ("appNamespace", "applicationNamespace", "app_namespace", "application_namespace", "namespace")


def named_applications(body: bytes, *, argocd: str) -> tuple[AppRef, ...]:
    """The Applications a body names, each once; `ParseError` says why there are none.

    Understood: our own notification template, a whole Application, and any object (or list of them) that has a name,
    `namespace/name` or an object under `app`, `application`, `appName` … An empty namespace stands for Argo CD's own.
    """
    if len(body) > BODY_LIMIT:
        raise ParseError(f"the body is longer than {BODY_LIMIT // 1024 // 1024} MiB")
    try:
        parsed = json.loads(body)
    except RecursionError as error:
        raise ParseError("the body is nested too deep") from error
    except ValueError as error:
        raise ParseError("the body isn't JSON") from error
    found: dict[AppRef, None] = {}
    for item in parsed if isinstance(parsed, list) else [parsed]:
        for namespace, name in _named(record(item)):
            found[_ref(argocd, namespace, name)] = None
            if len(found) > APPLICATIONS_LIMIT:
                raise ParseError(f"the body names more than {APPLICATIONS_LIMIT} Applications")
    if not found:
        raise ParseError("the body names no Application: give its name as `app.name`, `application` or `appName`")
    return tuple(found)


def _named(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Namespace (may be empty) and name of each Application an object names."""
    beside = next((value for key in _NAMESPACE if isinstance(value := item.get(key), str) and value), "")
    if item.get("kind") == "Application" or ("metadata" in item and "spec" in item):
        yield from _one(item, beside="")
    for key in _ONE:
        yield from _one(item.get(key), beside=beside)
    for key in _SEVERAL:
        several = item.get(key)
        for one in several if isinstance(several, list) else ():
            yield from _one(one, beside=beside)


def _one(value: object, *, beside: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        namespace, separator, bare = value.rpartition("/")
        yield (namespace if separator else beside), bare
    elif isinstance(value, dict):
        place = record(value.get("metadata")) or value
        name, inside = place.get("name"), place.get("namespace")
        if isinstance(name, str) and name:
            yield (inside if isinstance(inside, str) and inside else beside), name


def _ref(argocd: str, namespace: str, name: str) -> AppRef:
    for value in filter(None, (namespace, name)):
        if not _NAME.fullmatch(value):
            raise ParseError(f"{value[:80]!r} can't be an Application's name or namespace")
    if not name:
        raise ParseError("an Application is named by an empty text")
    return AppRef(argocd=argocd, namespace=namespace, name=name)
