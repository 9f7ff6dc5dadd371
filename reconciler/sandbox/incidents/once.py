"""An idempotency key in, what the first request with it created out, in each way that the API may treat repetition."""

from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.resource import Call

FIELD = "idempotency_key"


def first(call: Call, kind: str) -> str | None:
    """Return the ID of what this key created before, None where it is new; a 409 where repetitions conflict."""
    if call.idempotency == "forget":
        return None
    known = call.store.known(kind, call.body[FIELD])
    if known is not None and call.idempotency == "conflict":
        message = "another request was made with this idempotency key"
        raise ApiError(409, (Problem("idempotency_key_in_use", message, FIELD),))
    return known


def remember(call: Call, kind: str, identifier: str) -> None:
    """Remember what this key created."""
    if call.idempotency != "forget":
        call.store.remember(kind, call.body[FIELD], identifier)
