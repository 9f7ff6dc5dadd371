"""Incident statuses: where an incident is in its life, ordered by category, then by rank."""

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.body import Integer, Shape, Text
from reconciler.sandbox.collection import DATES, Collection, Lookup, any_incident, next_rank, same_name
from reconciler.sandbox.errors import Problem
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "incident_status"
CONFIGURABLE = ("live", "learning", "closed")
CATEGORIES = ("triage", "live", "paused", "learning", "closed", "declined", "canceled", "merged")
REPLACING: dict[str, Shape] = {
    "name": Text(required=True, shortest=1),
    "description": Text(required=True),
    "rank": Integer(),
}
SEED = (
    ("triage", 1, "Triage", "It is not yet known whether this is an incident."),
    ("live", 1, "Investigating", "The cause is being looked for."),
    ("live", 2, "Fixing", "The cause is known and being mended."),
    ("live", 3, "Monitoring", "It is mended, and being watched."),
    ("paused", 1, "Paused", "Work on it rests for a while."),
    ("learning", 1, "Documenting", "What happened is being written down."),
    ("learning", 2, "Reviewing", "What happened is being talked over."),
    ("closed", 1, "Closed", "Nothing is left to do."),
    ("declined", 1, "Declined", "It was not an incident."),
    ("canceled", 1, "Canceled", "It was declared by mistake."),
    ("merged", 1, "Merged", "It became part of another incident."),
)


def _next_rank(body: Json, organisation: Organisation) -> Json:
    return next_rank(KIND, organisation, category=body["category"])


def _check(body: Json, organisation: Organisation) -> Iterator[Problem]:
    if body["category"] not in CONFIGURABLE:
        yield Problem("invalid_value", f"statuses of category {body['category']} cannot be changed", "category")
    yield from same_name(KIND, body, organisation)
    yield from same_name(KIND, body, organisation, "rank", "category")


def _in_use(call: Call, status: Json) -> str | None:
    if status["category"] not in CONFIGURABLE:
        return f"statuses of category {status['category']} cannot be deleted"
    if any_incident(call, "status", status["id"]):
        return f"there are incidents with the status {status['name']}"
    alike = [s for s in call.organisation.all(KIND) if s["category"] == status["category"]]
    return f"the category {status['category']} needs a status" if len(alike) == 1 else None


def _seed() -> Iterator[Json]:
    for number, (category, rank, name, description) in enumerate(SEED, start=1):
        told = {"name": name, "description": description, "category": category, "rank": rank}
        yield {"id": seed_id("status", number), **told, **DATES}


RESOURCE = Collection(
    Lookup(
        KIND,
        "/v1/incident_statuses",
        items="incident_statuses",
        item="incident_status",
        view=("incident_statuses.view",),
        order=lambda status: (CATEGORIES.index(status["category"]), status["rank"]),
        seed=tuple(_seed()),
    ),
    creating=REPLACING | {"category": Text(required=True, one_of=CONFIGURABLE)},
    replacing=REPLACING,
    edit=("incident_lifecycles.update",),
    deleted=202,
    answered=frozenset({"id", "created_at", "updated_at", "category"}),
    defaults=_next_rank,
    check=_check,
    in_use=_in_use,
).resource()
