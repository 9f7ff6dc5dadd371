"""A plan in, the same plan without the texts of private incidents out. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.model import Adopt, Create, Edit, FieldChange, Leaf, Leaves, Live, Plan, Post, Ref, Request

if TYPE_CHECKING:
    from reconciler.model import Change

OPEN = frozenset({"status", "severity", "type", "mode", "visibility", "at"})
"""Fields that tell how an incident stands and not what it is about."""
OPEN_PROPERTIES = frozenset({"id", "mode", "visibility", "idempotency_key", "timestamp"})


def digest(value: Any) -> str:
    """Return what stands for a text: the same text always gives the same words."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"(private, sha256 {hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:8]}…)"


def veiled(plan: Plan) -> Plan:
    """Return the plan with a digest in place of each text of a private incident."""
    if not plan.private:
        return plan
    changes = (_change(change) if change.key.parent in plan.private else change for change in plan.changes)
    return replace(plan, changes=tuple(changes))


def _change(change: Change) -> Change:
    match change:
        case Create():
            return replace(
                change, name=digest(change.name), sent=_leaves(change.sent), request=_request(change.request)
            )
        case Edit():
            fields = tuple(map(_field, change.fields))
            return replace(change, sent=_leaves(change.sent), request=_request(change.request), fields=fields)
        case Post():
            return replace(change, sent=_leaves(change.sent), request=_request(change.request))
        case Adopt():
            return replace(change, live=Live(change.live.id, {}, {}, change.live.reference, change.live.link))
        case _:
            return change


def _leaves(leaves: Leaves) -> Leaves:
    return {path: leaf if path[0] in OPEN else _leaf(leaf) for path, leaf in leaves.items()}


def _leaf(leaf: Leaf) -> Leaf:
    return replace(leaf, value=_value(leaf.value), text=_value(leaf.text))


def _value(value: Any) -> Any:
    return None if value is None else digest(value)


def _field(change: FieldChange) -> FieldChange:
    if change.name in OPEN:
        return change
    added, removed = (tuple(map(digest, members)) for members in (change.added, change.removed))
    return FieldChange(change.name, _value(change.old), _value(change.new), change.cause, added, removed)


def _request(request: Request) -> Request:
    return replace(request, body={name: veiled_property(name, value) for name, value in request.body.items()})


def veiled_property(name: str, value: Any) -> Any:
    """Return a property of a body: IDs and what tells how an incident stands as they are."""
    match value:
        case _ if name in OPEN_PROPERTIES or name.endswith("_id"):
            return value
        case None | bool() | Ref():
            return value
        case dict():
            return {below: veiled_property(below, item) for below, item in value.items()}
        case list() | tuple():
            return [veiled_property(name, item) for item in value]
        case _:
            return digest(value)
