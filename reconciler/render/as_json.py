"""A plan or outcomes in, JSON for programs out; the shape is `format_version` 1. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import refs
from reconciler.model import Adopt, Create, Delete, Done, Edit, Failed, Outcome, Post, Skipped, Unknown
from reconciler.notice import least_seconds
from reconciler.render import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Change, Drifted, FieldChange, Leaves, Live, Mover, Notice, Plan, Refusal, Request

FORMAT_VERSION = 1

Object = dict[str, Any]


def written(value: Object) -> str:
    """Return an object as it is printed; keys stay in their order, so that two plans can be compared."""
    return words.as_json(value)


def plan(plan: Plan) -> Object:
    """Return a plan: each change with its place, its fields and the requests that apply will send, in order."""
    return {
        "format_version": FORMAT_VERSION,
        "workspace": plan.workspace,
        "organisation": plan.organisation,
        "identity": _identity(plan),
        "summary": plan.summary,
        "who_will_notice": list(plan.who_will_notice),
        "cost": {"requests": plan.requests, "least_seconds": least_seconds(plan.requests)},
        "changes": [_change(change, plan) for change in plan.changes],
        "over_limits": [{"message": one.message, "hint": one.hint} for one in plan.over_limits],
        "refusals": list(map(refusal, plan.refusals)),
        "notices": list(map(_notice, plan.notices)),
        "unchanged": list(map(str, plan.unchanged)),
        "not_looked_up": plan.not_looked_up,
    }


def _identity(plan: Plan) -> Object | None:
    """Return what incidents are found again by, where state is lost; None where the plan has none."""
    if plan.identity_field is None:
        return None
    carried = plan.identity_field and not plan.awaits_field
    return {"by": "field" if carried else "key and name", "field": plan.identity_field or None}


def _change(change: Change, plan: Plan) -> Object:
    request = getattr(change, "request", None)
    live = change.live if isinstance(change, Edit | Adopt | Delete) else None
    return {
        "key": str(change.key),
        "action": change.verb,
        "source": str(change.source),
        "live": _live(live),
        "fields": _fields(change, plan.names),
        "requests": [_request(request)] if request else [],
    }


def _live(live: Live | None) -> Object | None:
    return {"id": live.id, "reference": live.reference} if live else None


def _fields(change: Change, names: Mapping[str, str]) -> list[Object]:
    match change:
        case Edit(live=live) if live is not None:
            return list(map(_field, change.fields))
        case Create() | Post() | Edit():
            return _new(change.sent, names)
        case _:
            return []


def _field(change: FieldChange) -> Object:
    told = {"path": change.name, "old": change.old, "new": change.new, "cause": change.cause.value}
    return told | {"moved_by": mover(change.mover)}


def mover(mover: Mover | None) -> Object | None:
    """Return who did something outside, and when (UTC); None where nobody knows or looked it up."""
    if mover is None:
        return None
    return {"name": mover.name, "kind": mover.kind, "at": f"{mover.at:%Y-%m-%dT%H:%M:%SZ}"}


def _moved(one: Drifted) -> Object:
    told = {"key": str(one.key), "path": one.name or None, "old": one.live, "new": one.desired}
    return told | {"cause": one.cause.value, "moved_by": mover(one.mover)}


def _new(leaves: Leaves, names: Mapping[str, str]) -> list[Object]:
    """Return the fields of what does not exist yet: nothing was there before, and nothing caused it but itself."""
    fields = []
    for path, leaf in leaves.items():
        name, *parts = map(str, path)
        label = leaf.label or ".".join(names.get(part, part) for part in parts)
        new = refs.written(leaf.value if leaf.text is None else leaf.text)
        fields.append(
            {"path": f"{name}.{label}" if parts else name, "old": None, "new": new, "cause": None, "moved_by": None}
        )
    return fields


def _request(request: Request) -> Object:
    return {"method": request.method, "path": request.path, "body": refs.written(request.body)}


def refusal(refusal: Refusal) -> Object:
    """Return a resource that is left alone, with the reason."""
    return {
        "key": str(refusal.key),
        "why": refusal.why.value,
        "source": str(refusal.source),
        "message": refusal.message,
        "hint": refusal.hint,
        "fields": list(map(_moved, refusal.moved)),
    }


def _notice(notice: Notice) -> Object:
    return {
        "key": str(notice.key),
        "topic": notice.topic.value,
        "source": str(notice.source) if notice.source else None,
        "message": notice.message,
        "hint": notice.hint,
        "cause": notice.moved.cause.value if notice.moved else None,
        "moved_by": mover(notice.moved.mover) if notice.moved else None,
    }


def outcomes(outcomes: Iterable[Outcome], refusals: Iterable[Refusal] = (), already: Iterable[Notice] = ()) -> Object:
    """Return what became of each action, in the order in which it was known; what was refused or already so, after."""
    told = list(map(outcome, outcomes))
    results = [one["result"] for one in told]
    refused = list(map(refusal, refusals))
    return {
        "format_version": FORMAT_VERSION,
        "summary": {result: results.count(result) for result in ("done", "failed", "skipped", "unknown")}
        | {"refused": len(refused)},
        "outcomes": told,
        "refusals": refused,
        "already": list(map(_notice, already)),
    }


def outcome(outcome: Outcome) -> Object:
    """Return what became of one action."""
    told = {
        "key": str(outcome.change.key),
        "action": outcome.change.verb,
        "result": type(outcome).__name__.lower(),
        "id": "",
        "reference": "",
        "link": "",
        "request_id": "",
        "message": "",
        "hint": "",
    }
    match outcome:
        case Done():
            told |= {"id": outcome.id, "reference": outcome.reference, "link": outcome.link}
            told |= {"request_id": outcome.request_id, "message": outcome.note}
            told |= {"action": "adopt"} if outcome.adopted else {}
        case Failed():
            told |= {"request_id": outcome.request_id, "message": outcome.message, "hint": outcome.hint}
        case Unknown():
            told |= {"message": outcome.message, "hint": outcome.hint}
        case Skipped():
            told |= {"message": outcome.because}
    return told
