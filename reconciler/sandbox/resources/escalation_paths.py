"""Escalation paths: who is paged, and who next; listed and shown only."""

from typing import Any

from reconciler.sandbox.collection import Lookup, find, page
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.on_call import find_pages
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

Json = dict[str, Any]

KIND = "escalation_path"


def _list(call: Call) -> Answer:
    shown, meta = page(call.organisation.all(KIND), call)
    return Answer(200, {"escalation_paths": [_answered(call, path) for path in shown], "pagination_meta": meta})


def _show(call: Call) -> Answer:
    return Answer(200, {"escalation_path": _answered(call, find(call, KIND))})


def _answered(call: Call, path: Json) -> Json:
    users = [user for told in find_pages(call.organisation, path, call.now) for user in told.users]
    return {**path, "current_responders": users}


_LEVEL = {
    "targets": [
        {
            "id": seed_id("schedule", 1),
            "type": "schedule",
            "schedule_mode": "currently_on_call",
            "urgency": "high",
        }
    ],
    "time_to_ack_seconds": 300,
    "ack_mode": "first",
}
LOOKUP = Lookup(
    KIND,
    "/v2/escalation_paths",
    items="escalation_paths",
    item="escalation_path",
    view=("escalation_paths.view",),
    seed=(
        {
            "id": seed_id("path", 1),
            "name": "Page the on-call",
            "kind": "standalone",
            "path": [{"id": seed_id("node", 1), "type": "level", "level": _LEVEL}],
            "working_hours": [],
            "team_ids": [],
        },
    ),
)
RESOURCE = Resource(
    KIND,
    (
        Route("GET", LOOKUP.path, _list, LOOKUP.view, paged(25)),
        Route("GET", f"{LOOKUP.path}/<id>", _show, LOOKUP.view),
    ),
    LOOKUP.seed,
)
