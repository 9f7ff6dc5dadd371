"""The body of a 4xx or 5xx in, what the API says is wrong out; pure."""

from __future__ import annotations

from typing import Any

from reconciler.api.excerpt import harmless
from reconciler.errors import Conflict, Fault, Forbidden, Missing, Rejected, Unauthorised

LONGEST_MESSAGE = 500


def kind_of_refusal(status: int, faults: tuple[Fault, ...]) -> type[Rejected]:
    """Return the class of a 4xx, by what a caller would do differently."""
    match status:
        case 401:
            return Unauthorised
        case 403:
            return Forbidden
        case 404:
            return Missing
        case 409:
            return Conflict
        case 422 if any("idempotency_key" in f"{fault.field} {fault.code}" for fault in faults):
            return Conflict
        case _:
            return Rejected


def read_faults(body: dict[str, Any]) -> tuple[Fault, ...]:
    """Return the body's `errors`, as far as they have that shape."""
    errors = body.get("errors")
    return tuple(_fault(error) for error in errors if isinstance(error, dict)) if isinstance(errors, list) else ()


def _fault(error: dict[str, Any]) -> Fault:
    source = error.get("source")
    place = source if isinstance(source, dict) else {}
    return Fault(
        code=harmless(error.get("code")) or "no code",
        message=harmless(error.get("message"), LONGEST_MESSAGE) or "no message",
        field=harmless(place.get("field")) or harmless(place.get("pointer")),
    )


def reason(body: dict[str, Any]) -> str:
    """Return why, in one line; empty where the body does not say."""
    faults = "; ".join(map(str, read_faults(body)))
    return faults or harmless(body.get("message")) or harmless(body.get("type"))
