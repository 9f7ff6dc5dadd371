"""Timeline items: what happened when, written by hand; they can be edited later."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Moment, Object, Text
from reconciler.sandbox.errors import invalid, not_found
from reconciler.sandbox.incidents import once
from reconciler.sandbox.incidents.incident import find, in_body, in_query, touch
from reconciler.sandbox.incidents.records import list_records
from reconciler.sandbox.query import Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged
from reconciler.sandbox.rewriting import form

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
    item: Json = {"id": call.new_id(), "incident_id": incident.id, "creator": call.actor, "created_at": when}
    item = _keep(call, {**item, "description": "", **_told(call)})
    touch(call, incident)
    once.remember(call, KIND, item["id"])
    return item


def _edit(call: Call) -> Answer:
    item = call.store.recorded(KIND, call.path["id"])
    incident = find(call, item["incident_id"]) if item else None
    if item is None or incident is None:
        raise not_found(f"timeline item {call.path['id']!r}")
    edited = item | _told(call)
    if edited != item:
        edited = _keep(call, edited)
    return Answer(200, {"incident_timeline_item": _shown(edited)})


def _told(call: Call) -> Json:
    """Return what the request says, as it is kept."""
    kept, asked = form(call.behaviour), call.body
    told: Json = {}
    if "title" in asked:
        told["title"] = kept.title(asked["title"])
        if not told["title"]:
            raise invalid("title", "must not be blank", "is_required")
    if "description" in asked:
        told["description"] = kept.prose(asked["description"])
    if "timestamp" in asked:
        told["timestamp"] = kept.moment(moments.written(moments.parse(asked["timestamp"])))
    return told


def _keep(call: Call, item: Json) -> Json:
    kept = {**item, "updated_at": moments.written(call.now)}
    call.store.record(KIND, item["incident_id"], moments.sortable(moments.parse(item["timestamp"])), kept)
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
