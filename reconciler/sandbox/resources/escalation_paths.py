"""Escalation paths: who is paged, and who next; listed and shown only."""

from reconciler.sandbox.collection import Lookup, page
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged


def _list(call: Call) -> Answer:
    shown, meta = page(call.organisation.all("escalation_path"), call)
    return Answer(200, {"escalation_paths": shown, "pagination_meta": meta})


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
    "escalation_path",
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
            "current_responders": [],
        },
    ),
)
RESOURCE = Resource(
    LOOKUP.kind,
    (Route("GET", LOOKUP.path, _list, LOOKUP.view, paged(25)), LOOKUP.showing()),
    LOOKUP.seed,
)
