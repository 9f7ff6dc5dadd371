"""What happened in an incident in, the entries of its activity log out; they are written and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "incident_activity_log_entry"

# What the content calls whoever did it, where that is not `updater`; None where the content names nobody else.
_BY: Mapping[str, str | None] = {
    "action_created": "actor",
    "follow_up_created": "actor",
    "escalation_created": "creator",
    "escalation_acknowledged": None,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: its type, what people read, and the facts; without a value where there was none."""

    type: str
    title: str
    content: Json | None = None


def write(call: Call, incident: Incident, entries: list[Entry]) -> None:
    """Add entries to the log of an incident, in this order, as made by whoever makes the request."""
    when = moments.written(call.now)
    for entry in entries:
        body: Json = {
            "id": call.new_id(),
            "incident_id": incident.id,
            "type": entry.type,
            "title": entry.title,
            "occurred_at": when,
            "created_at": when,
        }
        if entry.content is not None:
            facts = {name: value for name, value in entry.content.items() if value is not None}
            by = _BY.get(entry.type, "updater")
            body["content"] = {entry.type: facts | ({by: call.actor} if by else {})}
        call.store.record(KIND, incident.id, moments.sortable(call.now), body)
