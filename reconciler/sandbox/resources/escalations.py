"""Escalations: pages that went out to people, and what became of them; nobody is paged for real.

There are no alerts in the sandbox, so none has caused an escalation.
"""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Moment, Object, Text
from reconciler.sandbox.errors import ApiError, Problem, invalid, not_found
from reconciler.sandbox.incidents import once
from reconciler.sandbox.incidents.conditions import Condition, by_date, none_of, one_of
from reconciler.sandbox.incidents.escalation import (
    BODY,
    KIND,
    STATUSES,
    escalate,
    escalation_answer,
    event,
    incident_of,
    keep,
    note,
)
from reconciler.sandbox.incidents.records import list_records
from reconciler.sandbox.query import Filter
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

Json = dict[str, Any]

PATH = "/v2/escalations"
VIEW = ("escalations.view",)
_CHOICE = Filter(("one_of", "not_in"))
_DATES = Filter(("gte", "lte", "date_range"))
_EXPRESSIONS = {
    "escalation_path": "json_extract(body, '$.escalation_path_id')",
    "status": "json_extract(body, '$.status')",
    "alert": "NULL",
    "incident": "incident",
}
_SNOOZE = Object({"snooze_until": Moment(required=True), "reason": Text()})
_RESPONSE = Object(
    {"response": Text(required=True, one_of=("ack", "nack", "snooze")), "snooze_details": _SNOOZE},
)


def _list(call: Call) -> Answer:
    found, meta = list_records(call, KIND, None, *_conditions(call), newest_first=True)
    shown = [escalation_answer(call, escalation) for escalation in found]
    return Answer(200, {"escalations": shown, "pagination_meta": meta})


def _conditions(call: Call) -> list[Condition]:
    conditions = []
    for name, operators in call.query.items():
        if name in _EXPRESSIONS:
            conditions += [_choice(name, *operation) for operation in operators.items()]
        elif name in ("created_at", "updated_at"):
            by = by_date(name, f"json_extract(body, '$._{name}')")
            conditions += [by(call.organisation, *operation) for operation in operators.items()]
        elif name == "idempotency_key":
            conditions += [_key(*operation) for operation in operators.items()]
    return conditions


def _choice(name: str, operator: str, values: tuple[str, ...]) -> Condition:
    unknown = [value for value in values if name == "status" and value not in STATUSES]
    if unknown:
        raise invalid("status", f"{unknown[0]!r} is not a status; there are {', '.join(STATUSES)}")
    return (one_of if operator == "one_of" else none_of)(_EXPRESSIONS[name], values)


def _key(operator: str, values: tuple[str, ...]) -> Condition:
    key = "json_extract(body, '$._idempotency_key')"
    if operator == "is":
        return one_of(key, values)
    prefixes = " OR ".join([f"substr({key}, 1, length(?)) = ?"] * len(values))
    return Condition(f"({prefixes})", tuple(value for value in values for _ in range(2)))


def _create(call: Call) -> Answer:
    first = once.first(call, KIND)
    escalation = call.store.recorded(KIND, first) if first else None
    if escalation is None:
        escalation = escalate(call)
        once.remember(call, KIND, escalation["id"])
    return Answer(201, {"escalation": escalation_answer(call, escalation)})


def _show(call: Call) -> Answer:
    return Answer(200, {"escalation": escalation_answer(call, _find(call))})


def _cancel(call: Call) -> Answer:
    escalation = _find(call)
    if escalation["status"] in ("resolved", "expired"):
        raise invalid("id", f"an escalation that is {escalation['status']} cannot be cancelled", "invalid_status")
    if escalation["status"] != "cancelled":
        keep(call, {**escalation, "status": "cancelled", "events": [*escalation["events"], event(call, "cancelled")]})
    return Answer(200)


def _respond(call: Call) -> Answer:
    escalation = _find(call)
    if escalation["status"] not in ("triggered", "snoozed"):
        raise invalid("escalation_id", f"the escalation is {escalation['status']}", "invalid_status")
    match call.body["response"]:
        case "ack":
            _acknowledge(call, escalation)
        case "snooze":
            _check_snooze(call)
            keep(call, {**escalation, "status": "snoozed"})
        case _ if call.person is None:
            raise invalid("response", "an API key cannot decline for a person")
    # Who declines leaves the page to the next level; the path of a new organisation has one.
    return Answer(200)


def _acknowledge(call: Call, escalation: Json) -> None:
    acked = event(call, "acked", **({"users": [call.person]} if call.person else {}))
    kept = keep(call, {**escalation, "status": "acked", "events": [*escalation["events"], acked]})
    title = f"Escalation acknowledged: {kept['title']}"
    note(call, kept, "escalation_acknowledged", title, {"acknowledger": call.person})


def _check_snooze(call: Call) -> None:
    details = call.body.get("snooze_details")
    if details is None:
        raise ApiError(422, (Problem("is_required", "snoozing takes snooze_details", "snooze_details"),))
    if moments.parse(details["snooze_until"]) <= call.now:
        raise invalid("snooze_details.snooze_until", "must lie in the future")


def _find(call: Call) -> Json:
    (identifier,) = call.path.values()
    escalation = call.store.recorded(KIND, identifier)
    if escalation is None or ("_incident_id" in escalation and incident_of(call, escalation) is None):
        raise not_found(f"escalation {identifier!r}")
    return escalation


_PARAMETERS = {
    **paged(50),
    "escalation_path": _CHOICE,
    "status": _CHOICE,
    "alert": _CHOICE,
    "incident": _CHOICE,
    "created_at": _DATES,
    "updated_at": _DATES,
    "idempotency_key": Filter(("is", "starts_with")),
}
RESOURCE = Resource(
    KIND,
    (
        Route("GET", PATH, _list, VIEW, _PARAMETERS),
        Route("POST", PATH, _create, ("escalations.create",), body=BODY),
        Route("GET", f"{PATH}/<id>", _show, VIEW),
        Route("POST", f"{PATH}/<id>/actions/cancel", _cancel, ("escalations.cancel",)),
        Route("POST", f"{PATH}/<escalation_id>/actions/respond", _respond, ("escalations.respond",), body=_RESPONSE),
    ),
)
