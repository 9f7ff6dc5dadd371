"""What happened in an incident in, the entries of its activity log out; they are written and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from reconciler.sandbox import moments
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]

KIND = "incident_activity_log_entry"

# What the content calls whoever did it, where that is not `updater`; None where the content names nobody else.
_BY: Mapping[str, str | None] = {
    "action_created": "actor",
    "follow_up_created": "actor",
    "escalation_created": "creator",
    "escalation_acknowledged": None,
}


class Occasion(Protocol):
    """On which something happens to incidents: a request, or what the server does by itself."""

    @property
    def store(self) -> Transaction:
        """What it happens in."""

    @property
    def behaviour(self) -> Behaviour:
        """How the sandbox behaves."""

    @property
    def now(self) -> datetime:
        """When it happens."""

    @property
    def person(self) -> Json | None:
        """On whose behalf it happens, if on anybody's."""

    @property
    def actor(self) -> Json:
        """Who is recorded as having done it."""

    @property
    def organisation(self) -> Organisation:
        """The configuration at that moment."""

    def new_id(self) -> str:
        """Make an ID for what it creates."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: its type, what people read, and the facts; without a value where there was none."""

    type: str
    title: str
    content: Json | None = None


def write(occasion: Occasion, incident: Incident, entries: list[Entry]) -> None:
    """Add entries to the log of an incident, in this order, as made on this occasion."""
    when = moments.written(occasion.now)
    for entry in entries:
        body: Json = {
            "id": occasion.new_id(),
            "incident_id": incident.id,
            "type": entry.type,
            "title": entry.title,
            "occurred_at": when,
            "created_at": when,
        }
        if entry.content is not None:
            facts = {name: value for name, value in entry.content.items() if value is not None}
            by = _BY.get(entry.type, "updater")
            body["content"] = {entry.type: facts | ({by: occasion.actor} if by else {})}
        occasion.store.record(KIND, incident.id, moments.sortable(occasion.now), body)
