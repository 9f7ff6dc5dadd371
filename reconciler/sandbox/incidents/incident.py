"""A row in, an incident out, and back: what is filtered on in columns, the rest in one JSON value."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.errors import invalid, not_found
from reconciler.sandbox.incidents import index, sight
from reconciler.sandbox.incidents.conditions import marks
from reconciler.sandbox.incidents.facets import Facets, facets_of
from reconciler.sandbox.resource import Call
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]

COLUMNS = "number, id, created, updated, activity, status, severity, type, mode, visibility, body"
_NAMES = COLUMNS.split(", ")


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is kept: IDs where answers show objects, and microseconds where they show times."""

    number: int
    id: str
    created: int
    updated: int
    activity: int
    status: str
    severity: str | None
    type: str
    mode: str
    visibility: str
    body: Json

    def told(self, **values: Any) -> "Incident":
        """Return the incident with other values in its JSON part."""
        return replace(self, body={**self.body, **values})


def from_row(row: tuple[Any, ...]) -> Incident:
    """Read a row of COLUMNS."""
    values = dict(zip(_NAMES, row, strict=True))
    return Incident(**{**values, "body": json.loads(values["body"])})


def save(store: Transaction, incident: Incident) -> None:
    """Create or replace an incident, and what lists find it by."""
    before = rows(store, "number = ?", incident.number)
    index.keep(store, incident.number, facets_of(before[0]) if before else Facets(), facets_of(incident))
    values = (
        incident.number,
        incident.id,
        incident.created,
        incident.updated,
        incident.activity,
        incident.status,
        incident.severity,
        incident.type,
        incident.mode,
        incident.visibility,
        json.dumps(incident.body),
    )
    store.write(f"INSERT OR REPLACE INTO incident ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", values)  # noqa: S608


def rows(store: Transaction, condition: str, *values: object) -> list[Incident]:
    """Read the incidents that fulfil an SQL condition, in no order."""
    sql = f"SELECT {COLUMNS} FROM incident WHERE {condition}"  # noqa: S608 - the condition is a constant
    return [from_row(row) for row in store.query(sql, values)]


def numbered(store: Transaction, numbers: Sequence[int]) -> list[Incident]:
    """Read the incidents of these numbers, in their order."""
    found = {incident.number: incident for incident in rows(store, f"number IN ({marks(numbers)})", *numbers)}
    return [found[number] for number in numbers]


def fill_index(store: Transaction) -> None:
    """Note what lists find each incident by, where none of it is noted yet."""
    for number in range(1, next_number(store)):
        for incident in rows(store, "number = ?", number):
            index.keep(store, number, Facets(), facets_of(incident))


def next_number(store: Transaction) -> int:
    """Return the number of the next incident: 123 for INC-123."""
    ((last,),) = store.query("SELECT MAX(number) FROM incident")
    return int(last or 0) + 1


def find(call: Call, identifier: str) -> Incident | None:
    """Find an incident that this request may see, by ID or by number."""
    # A longer number does not fit into the column.
    is_number = identifier.isascii() and identifier.isdigit() and len(identifier) < 19  # noqa: PLR2004
    column = "number" if is_number else "id"
    for incident in rows(call.store, f"{column} = ?", int(identifier) if is_number else identifier):
        if sight.sees(call, incident.visibility, incident.body):
            return incident
    return None


def in_path(call: Call) -> Incident:
    """Return the incident that the path names; a 404 where this key sees none."""
    found = find(call, call.path["id"])
    if found is None:
        raise not_found(f"incident {call.path['id']!r}")
    return found


def in_query(call: Call) -> Incident:
    """Return the incident that the required parameter `incident_id` names; a 404 where this key sees none."""
    identifier = call.query.get("incident_id")
    if not identifier:
        raise invalid("incident_id", "incident_id is required", "is_required")
    found = find(call, identifier)
    if found is None or found.id != identifier:
        raise not_found(f"incident {identifier!r}")
    return found


def in_body(call: Call) -> Incident:
    """Return the incident that `incident_id` in the body names; a 422 where this key sees none."""
    identifier = call.body["incident_id"]
    found = find(call, identifier)
    if found is None or found.id != identifier:
        raise invalid("incident_id", f"no incident with the ID {identifier!r}", "not_found")
    return found


def touch(call: Call, incident: Incident) -> None:
    """Note that something happened in the incident, without a change of its own fields."""
    save(call.store, replace(incident, activity=moments.microseconds(call.now)))
