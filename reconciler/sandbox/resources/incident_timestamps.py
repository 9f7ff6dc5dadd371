"""Incident timestamps: the moments of an incident's life; `_reached` are the categories of status that set one."""

from typing import Any

from reconciler.sandbox.collection import Lookup
from reconciler.sandbox.ids import seed_id


def _timestamp(rank: int, name: str, *reached: str) -> dict[str, Any]:
    return {"id": seed_id("timestamp", rank), "name": name, "rank": rank, "_reached": reached}


RESOURCE = Lookup(
    "incident_timestamp",
    "/v2/incident_timestamps",
    items="incident_timestamps",
    item="incident_timestamp",
    view=(),
    order=lambda timestamp: timestamp["rank"],
    seed=(
        _timestamp(1, "Reported at"),
        _timestamp(2, "Accepted at", "live"),
        _timestamp(3, "Declined at", "declined"),
        _timestamp(4, "Resolved at", "learning", "closed"),
        _timestamp(5, "Closed at", "closed"),
    ),
).resource()
