"""Schedules: who is on call when; listed and shown only."""

from reconciler.sandbox.collection import DATES, START, Lookup, page
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import DASHBOARD_URL
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

_USERS = [
    {
        "id": seed_id("user", number),
        "name": name,
        "email": f"{name.partition(' ')[0].lower()}@example.com",
        "slack_user_id": f"U0{name.partition(' ')[0].upper()}",
        "role": role,
    }
    for number, name, role in ((1, "Alice Archer", "owner"), (2, "Bob Baker", "administrator"))
]
_ROTATION = {
    "id": seed_id("rotation", 1),
    "name": "Weekly",
    "handover_start_at": START,
    "handovers": [{"interval": 1, "interval_type": "weekly"}],
    "layers": [{"id": seed_id("layer", 1), "name": "Layer 1"}],
    "users": _USERS,
    "working_intervals": [],
}


def _list(call: Call) -> Answer:
    schedules = call.organisation.all("schedule")
    shown, meta = page(schedules, call)
    return Answer(200, {"schedules": shown, "pagination_meta": {**meta, "total_record_count": len(schedules)}})


LOOKUP = Lookup(
    "schedule",
    "/v2/schedules",
    items="schedules",
    item="schedule",
    view=("schedules.view",),
    seed=(
        {
            "id": seed_id("schedule", 1),
            "name": "Primary on-call",
            "timezone": "Europe/London",
            "config": {"rotations": [_ROTATION]},
            "annotations": {},
            "team_ids": [],
            "permalink": f"{DASHBOARD_URL}/on-call/schedules/{seed_id('schedule', 1)}",
            **DATES,
        },
    ),
)
RESOURCE = Resource(
    LOOKUP.kind,
    (Route("GET", LOOKUP.path, _list, LOOKUP.view, paged(10_000)), LOOKUP.showing()),
    LOOKUP.seed,
)
