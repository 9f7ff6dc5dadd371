"""Schedules, escalation paths and a moment in, who is on call and would be paged first out; pure."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from reconciler.sandbox import moments
from reconciler.sandbox.organisation import Organisation, person

Json = dict[str, Any]

_TURNS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}


class Page(NamedTuple):
    """Whom one target of a level notifies, and how loudly."""

    urgency: str
    users: list[Json]


def find_on_call(schedule: Json, moment: datetime) -> list[Json]:
    """Return the user of each rotation whose turn it is."""
    return [_whose_turn(rotation, moment) for rotation in schedule["config"]["rotations"]]


def find_pages(organisation: Organisation, path: Json, moment: datetime) -> list[Page]:
    """Return whom the first level of an escalation path notifies."""
    first = next(node["level"] for node in path["path"] if node["type"] == "level")
    return [Page(target["urgency"], _behind(organisation, target, moment)) for target in first["targets"]]


def _behind(organisation: Organisation, target: Json, moment: datetime) -> list[Json]:
    if target["type"] == "schedule":
        return find_on_call(organisation.get("schedule", target["id"]), moment)
    return [person(organisation.get("user", target["id"]))]


def _whose_turn(rotation: Json, moment: datetime) -> Json:
    handover = rotation["handovers"][0]
    turn = handover["interval"] * _TURNS[handover["interval_type"]]
    turns = (moment - moments.parse(rotation["handover_start_at"])) // turn
    user: Json = rotation["users"][turns % len(rotation["users"])]
    return user
