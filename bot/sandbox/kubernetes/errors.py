"""Refusals as `Status` objects, in the API server's words."""

from typing import Any, Final

from aiohttp import web

from bot.sandbox.kubernetes.kinds import Kind
from bot.sandbox.kubernetes.values import Json, go_json

_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    410: "Expired",
    422: "Invalid",
    504: "Timeout",
}


class ApiError(Exception):
    """A Status with its HTTP code."""

    def __init__(self, code: int, message: str, *, details: Json | None = None, metadata: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.metadata = metadata or {}

    @property
    def status(self) -> Json:
        """Return the Status object."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
            "reason": _REASONS[self.code],
        }
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}

    def response(self) -> web.Response:
        """Return it as an answer."""
        return json_response(self.status, status=self.code)


def json_response(body: Json, *, status: int = 200, content_type: str = "application/json") -> web.Response:
    """Answer with JSON; the content type goes out as given."""
    headers = {"Content-Type": content_type, "Cache-Control": "no-cache, private"}
    return web.Response(status=status, body=go_json(body), headers=headers)


def page_not_found() -> web.Response:
    """Answer for a path no API serves."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(status=404, body=b"404 page not found\n", headers=headers)


def no_such_resource() -> ApiError:
    """Say that a served group and version has no such resource."""
    return ApiError(404, "the server could not find the requested resource", details={})


def not_found(kind: Kind, name: str) -> ApiError:
    """Say that there is no such object."""
    return ApiError(404, f'{kind.resource} "{name}" not found', details=_details(kind, name))


def method_not_allowed() -> ApiError:
    """Refuse a method that makes no sense there."""
    return ApiError(405, "the server does not allow this method on the requested resource", details={})


def unauthorized() -> ApiError:
    """Refuse who shows no valid token."""
    return ApiError(401, "Unauthorized")


def forbidden(kind: Kind, *, user: str, verb: str, namespace: str, name: str, subresource: str = "") -> ApiError:
    """Refuse for want of a right."""
    subject = f'{kind.resource} "{name}"' if name else kind.resource
    resource = f"{kind.plural}/{subresource}" if subresource else kind.plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource}" in API group "{kind.group}" {where}'
    )
    return ApiError(403, message, details=_details(kind, name))


def bad_request(message: str) -> ApiError:
    """Refuse a parameter."""
    return ApiError(400, message)


def too_old(version: int, current: int) -> ApiError:
    """Say that a watch asked for a version that was compacted away."""
    return ApiError(410, f"too old resource version: {version} ({current})")


def list_too_old() -> ApiError:
    """Say that a list asked for a version that was compacted away."""
    return ApiError(410, "The resourceVersion for the provided list is too old.")


def continue_too_old(token: str) -> ApiError:
    """Say that a continue token expired; the new one goes on with what is there now."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
        "the results. Continuing with the provided token results in an inconsistent list - objects that were "
        "created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    return ApiError(410, message, metadata={"continue": token})


def too_large(version: int, current: int) -> ApiError:
    """Say that a version is still to come."""
    details: dict[str, Any] = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return ApiError(504, f"Too large resource version: {version}, current: {current}", details=details)


def _details(kind: Kind, name: str) -> Json:
    found = {"name": name, "group": kind.group, "kind": kind.plural}
    return {field: value for field, value in found.items() if value}
