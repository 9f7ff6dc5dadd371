"""An idempotency key in, what the first request with it created out, in each way that the API may treat repetition."""

import hashlib
import json

from reconciler.sandbox import moments
from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.incidents.incident import find
from reconciler.sandbox.resource import Call

FIELD = "idempotency_key"


def first(call: Call, kind: str) -> str | None:
    """Return the ID of what this key created before, None where it is new or forgotten.

    Raises an ApiError where repetitions conflict (409), are invalid, or come with another body (422), and a 409 where
    the key is that of a private incident, or of something in one, that this request may not see.
    """
    behaviour = call.behaviour
    known = call.store.known(kind, call.body[FIELD])
    if known is None or behaviour.idempotency == "forget":
        return None
    age = (moments.microseconds(call.now) - known.made) / 1_000_000
    if behaviour.key_lifetime is not None and age >= behaviour.key_lifetime:
        return None
    # Of a key that the first version of the data kept, the body is not known.
    if behaviour.refuses_changed and known.digest not in ("", _digest(call)):
        raise _refused(422, "idempotency_key_reused", "this idempotency key was used with another body")
    match behaviour.idempotency:
        case "conflict":
            raise _refused(409, "idempotency_key_in_use", "another request was made with this idempotency key")
        case "invalid":
            raise _refused(422, "not_unique", "this idempotency key has been used")
    if _is_hidden(call, kind, known.id):
        raise _refused(409, "idempotency_key_in_use", "another request was made with this idempotency key")
    return known.id


def _is_hidden(call: Call, kind: str, identifier: str) -> bool:
    """Tell whether what a key created is, or is part of, an incident that this request may not see.

    That it made the incident itself changes nothing: much may have been written there since.
    """
    if kind == "incident":
        return find(call, identifier) is None
    made = call.store.recorded(kind, identifier) or {}
    belongs_to = made.get("incident_id") or made.get("_incident_id", "")
    return bool(belongs_to) and find(call, belongs_to) is None


def remember(call: Call, kind: str, identifier: str) -> None:
    """Remember what this key created, in place of what it may have created before."""
    call.store.remember(kind, call.body[FIELD], identifier, moments.microseconds(call.now), _digest(call))


def _digest(call: Call) -> str:
    return hashlib.sha256(json.dumps(call.body, sort_keys=True).encode()).hexdigest()


def _refused(status: int, code: str, message: str) -> ApiError:
    return ApiError(status, (Problem(code, message, FIELD),))
