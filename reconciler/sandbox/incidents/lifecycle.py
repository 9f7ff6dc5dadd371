"""Two categories of status in, whether the API moves an incident from one to the other out; what a move sets; pure."""

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.errors import invalid
from reconciler.sandbox.organisation import Organisation

Json = dict[str, Any]

# The document knows these moves between categories, and moves within one. Everything else is for people.
MOVES: Mapping[str, frozenset[str]] = {
    "triage": frozenset({"learning", "closed"}),
    "live": frozenset({"learning", "closed"}),
    "learning": frozenset({"closed"}),
}
DECLARABLE = frozenset({"live", "learning", "closed"})


def check_move(old: Json, new: Json, field: str) -> None:
    """Raise a 422 where the API cannot move an incident from the one status to the other."""
    before, after = old["category"], new["category"]
    if before != after and after not in MOVES.get(before, frozenset()):
        message = f"an incident cannot be moved from {old['name']} ({before}) to {new['name']} ({after})"
        raise invalid(field, message, "invalid_status_transition")


def first_status(organisation: Organisation, category: str) -> Json:
    """Return the status of a category with the lowest rank."""
    statuses = (s for s in organisation.all("incident_status") if s["category"] == category)
    return min(statuses, key=lambda status: status["rank"])


def next_status(organisation: Organisation, identifier: str) -> Json:
    """Return the status that a post-incident one is followed by: the next by rank, after the last the first closed."""
    now = organisation.get("incident_status", identifier)
    later = [s for s in organisation.all("incident_status") if s["category"] == "learning" and s["rank"] > now["rank"]]
    return min(later, key=lambda status: status["rank"]) if later else first_status(organisation, "closed")


def declared_status(
    organisation: Organisation, incident_type: Json, identifier: str | None, *, is_by_person: bool
) -> Json:
    """Choose the status that a new incident begins in; a 422 where the wanted one is not for beginnings.

    Triage is one for people, as in the dashboard: of every type it says "always, or optionally, be created in triage".
    """
    field = "incident_status_id"
    wanted = organisation.refer("incident_status", identifier, field) if identifier else None
    if incident_type["create_in_triage"] == "always":
        return first_status(organisation, "triage")
    declarable = DECLARABLE | {"triage"} if is_by_person else DECLARABLE
    if wanted and wanted["category"] not in declarable:
        message = f"an incident cannot be declared as {wanted['name']} ({wanted['category']})"
        raise invalid(field, message, "invalid_status")
    return wanted or first_status(organisation, "live")


def reached(organisation: Organisation, old: Json | None, new: Json) -> list[Json]:
    """List the timestamps that a move sets: those of the new category that the old one had not reached."""
    before = old["category"] if old else ""
    return [
        timestamp
        for timestamp in organisation.timestamps
        if new["category"] in timestamp["_reached"] and before not in timestamp["_reached"]
    ]
