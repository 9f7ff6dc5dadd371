"""Incidents: list, create, show and edit."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.collection import page_meta, unknown_after
from reconciler.sandbox.incidents import declare, edit, filters, incident, index, once
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.incidents.parts import written
from reconciler.sandbox.incidents.render import incident_text
from reconciler.sandbox.resource import Answer, Call, Resource, Route

Json = dict[str, Any]

KIND = "incident"
PATH = "/v2/incidents"
VIEW = ("incidents.view",)


def _list(call: Call) -> Answer:
    found, size = filters.found(call), call.query.get("page_size", 25)
    is_oldest_first = call.query.get("sort_by") == "created_at_oldest_first"
    numbers = index.first(found, _after(call), size + 1, is_oldest_first=is_oldest_first)
    listed = incident.numbered(call.store, numbers[:size])
    now = moments.microseconds(call.now)
    shown = ",".join([incident_text(one, call.organisation, now) for one in listed])
    meta = page_meta(size, [{"id": one.id} for one in listed], has_more=len(numbers) > size)
    counted = written({**meta, "total_record_count": found.bit_count()})
    return Answer(200, f'{{"incidents":[{shown}],"pagination_meta":{counted}}}')


def _after(call: Call) -> int | None:
    after = call.query.get("after")
    if after is None:
        return None
    last = incident.find(call, after)
    if last is None or last.id != after:
        raise unknown_after(after)
    return last.number


def _create(call: Call) -> Answer:
    first = once.first(call, KIND)
    if first is not None:
        (known,) = incident.rows(call.store, "id = ?", first)
        return _answer(call, known)
    declared = declare.declare(call)
    once.remember(call, KIND, declared.id)
    return _answer(call, declared)


def _show(call: Call) -> Answer:
    return _answer(call, incident.in_path(call))


def _edit(call: Call) -> Answer:
    return _answer(call, edit.edit(call, incident.in_path(call)))


def _answer(call: Call, shown: Incident) -> Answer:
    text = incident_text(shown, call.organisation, moments.microseconds(call.now))
    return Answer(200, f'{{"incident":{text}}}')


RESOURCE = Resource(
    KIND,
    (
        Route("GET", PATH, _list, VIEW, filters.PARAMETERS),
        Route("POST", PATH, _create, ("incidents.create",), body=declare.BODY),
        Route("GET", f"{PATH}/<id>", _show, VIEW),
        Route("POST", f"{PATH}/<id>/actions/edit", _edit, VIEW, body=edit.BODY, root=edit.ROOT),
    ),
)
