"""Timeline items: what happened when, written by hand; they can be edited later."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Moment, Object, Text
from reconciler.sandbox.errors import not_found
from reconciler.sandbox.incidents import once
from reconciler.sandbox.incidents.incident import find, in_body, in_query, touch
from reconciler.sandbox.incidents.records import list_records
from reconciler.sandbox.query import Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

Json = dict[str, Any]

KIND = "incident_timeline_item"
PATH = "/v2/incident_timeline_items"
CREATING = Object(
    {
        "incident_id": Text(required=True),
        "timestamp": Moment(required=True),
        "title": Text(required=True, shortest=1),
        "description": Text(),
        "idempotency_key": Text(required=True, shortest=1),
    }
)
EDITING = Object({"timestamp": Moment(), "title": Text(shortest=1), "description": Text()})


def _list(call: Call) -> Answer:
    found, meta = list_records(call, KIND, in_query(call).id)
    return Answer(200, {"incident_timeline_items": [_shown(item) for item in found], "pagination_meta": meta})


def _create(call: Call) -> Answer:
    first = once.first(call, KIND)
    item = call.store.recorded(KIND, first) if first else _write(call)
    assert item is not None
    return Answer(201, {"incident_timeline_item": _shown(item)})


def _write(call: Call) -> Json:
    incident = in_body(call)
    when = moments.written(call.now)
    told = {name: call.body.get(name, "") for name in ("title", "description")}
    item = {"id": call.new_id(), "incident_id": incident.id, **told, "creator": call.actor, "created_at": when}
    item = _keep(call, {**item, "timestamp": call.body["timestamp"]})
    touch(call, incident)
    once.remember(call, KIND, item["id"])
    return item


def _edit(call: Call) -> Answer:
    item = call.store.recorded(KIND, call.path["id"])
    incident = find(call, item["incident_id"]) if item else None
    if item is None or incident is None:
        raise not_found(f"timeline item {call.path['id']!r}")
    edited = _keep(call, {**item, **call.body}) if call.body else item
    return Answer(200, {"incident_timeline_item": _shown(edited)})


def _keep(call: Call, item: Json) -> Json:
    moment = moments.parse(item["timestamp"])
    kept = {**item, "timestamp": moments.written(moment), "updated_at": moments.written(call.now)}
    call.store.record(KIND, item["incident_id"], moments.sortable(moment), kept)
    return kept


def _shown(item: Json) -> Json:
    return {name: value for name, value in item.items() if name != "description" or value}


RESOURCE = Resource(
    KIND,
    (
        Route("GET", PATH, _list, ("incidents.view",), {**paged(), "incident_id": Word()}),
        Route("POST", PATH, _create, ("timeline_items.create",), body=CREATING),
        Route("PATCH", f"{PATH}/<id>", _edit, ("timeline_items.update",), body=EDITING),
    ),
)
