"""Incident updates: what was told about an incident, and each move of its status and severity; never edited."""

from typing import Any

from reconciler.sandbox.body import Object, Text
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents import once
from reconciler.sandbox.incidents.incident import in_body, in_query
from reconciler.sandbox.incidents.records import list_records
from reconciler.sandbox.incidents.render import update_answer
from reconciler.sandbox.incidents.revision import UPDATE, Revision
from reconciler.sandbox.query import Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

PATH = "/v2/incident_updates"
BODY = Object(
    {
        "incident_id": Text(required=True),
        "idempotency_key": Text(required=True, shortest=1),
        "message": Text(),
        "to_incident_status_id": Text(),
        "to_severity_id": Text(),
    }
)


def _list(call: Call) -> Answer:
    one = in_query(call).id if "incident_id" in call.query else None
    found, meta = list_records(call, UPDATE, one, newest_first=True)
    shown = [update_answer(update, call.organisation) for update in found]
    return Answer(200, {"incident_updates": shown, "pagination_meta": meta})


def _create(call: Call) -> Answer:
    asked = call.body
    moves = {"to_incident_status_id": "incidents.update_status", "to_severity_id": "incidents.update_severity"}
    call.key.demand(*(scope for name, scope in moves.items() if asked.get(name)))
    first = once.first(call, UPDATE)
    update = call.store.recorded(UPDATE, first) if first else _share(call, asked)
    assert update is not None
    return Answer(201, {"incident_update": update_answer(update, call.organisation)})


def _share(call: Call, asked: Json) -> Json:
    message = form(call.behaviour).prose(asked.get("message", ""))
    status, severity = asked.get("to_incident_status_id"), asked.get("to_severity_id")
    if not (message or status or severity):
        raise invalid("message", "an update has a message, a status, a severity, or several of them", "is_required")
    revision = Revision(call, in_body(call))
    if severity:
        revision.severity(call.organisation.refer("severity", severity, "to_severity_id"))
    if status:
        found = call.organisation.refer("incident_status", status, "to_incident_status_id")
        revision.status(found, "to_incident_status_id")
    update = revision.share(message)
    revision.keep_shared()
    once.remember(call, UPDATE, update["id"])
    return update


RESOURCE = Resource(
    UPDATE,
    (
        Route("GET", PATH, _list, ("incidents.view",), {**paged(), "incident_id": Word()}),
        Route("POST", PATH, _create, ("incident_updates.create",), body=BODY),
    ),
)
