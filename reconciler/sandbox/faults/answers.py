"""An answer in, the same spoiled as servers, proxies and later versions of an API spoil it out; pure."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.limits import DEFAULT, too_many

# Properties that hold one of a few words, in what the sandbox answers.
ENUMERATED: Final = frozenset(
    {"category", "create_in_triage", "field_type", "mode", "role", "role_type", "state", "visibility"}
)
UNKNOWN: Final = "something_new"
SURPLUS: Final = {"added_later": {"is_new": True}}

_GATEWAY: Final = """<html>
<head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is answered: another status (None keeps it), the body, and headers of its own."""

    status: int | None
    body: bytes
    headers: Mapping[str, str]


def limited(request_id: str, seconds: float) -> Spoiled:
    """Answer 429, as if the allowance of the key were spent."""
    error = too_many("sandbox", DEFAULT, 0, math.ceil(seconds), "Too many requests (a fault)")
    return _told(error, request_id)


def failed(request_id: str, _seconds: float) -> Spoiled:
    """Answer 500 in the documented form."""
    return _told(ApiError(500, (Problem("internal_error", "Something went wrong (a fault)"),)), request_id)


def unavailable(request_id: str, seconds: float) -> Spoiled:
    """Answer 503 in the documented form, with Retry-After."""
    problem = Problem("unavailable", "The service is unavailable (a fault)")
    return _told(ApiError(503, (problem,), headers={"Retry-After": str(math.ceil(seconds))}), request_id)


def bad_gateway(_request_id: str, _seconds: float) -> Spoiled:
    """Answer 502 as a proxy does, with a page of HTML."""
    return Spoiled(502, _GATEWAY.encode(), {"Content-Type": "text/html"})


def with_unknown_enum(body: bytes) -> bytes:
    """Put a word that nobody knows yet into the last object that has one of a few words."""
    answer = json.loads(body or b"null")
    for found in reversed(list(_objects(answer))):
        names = [name for name in found if name in ENUMERATED and isinstance(found[name], str)]
        if names:
            found.update(dict.fromkeys(names, UNKNOWN))
            return json.dumps(answer).encode()
    return body


def with_extra_fields(body: bytes) -> bytes:
    """Add a property to every object."""
    answer = json.loads(body or b"null")
    for found in list(_objects(answer)):
        found.update(SURPLUS)
    return json.dumps(answer).encode() if body else body


def broken_off(body: bytes) -> bytes:
    """Let the JSON end in the middle, though nothing else is wrong with the answer."""
    return body[: len(body) // 2]


def _told(error: ApiError, request_id: str) -> Spoiled:
    body = json.dumps(error.body(request_id)).encode()
    return Spoiled(error.status, body, {**error.headers, "Content-Type": "application/json"})


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
