"""The body of an escalation in, the page that goes out and what people do about it out, as records and answers.

Time does not pass for an escalation: only its first level is paged, once, and it neither wakes up nor expires.
"""

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Items, Object, Text
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents.activity import Entry, write
from reconciler.sandbox.incidents.incident import Incident, find, in_body, touch
from reconciler.sandbox.on_call import Page, find_pages
from reconciler.sandbox.organisation import Organisation, person, visible
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "escalation"
STATUSES = (
    *("pending", "triggered", "acked", "resolved", "expired", "cancelled"),
    *("snoozed", "delayed", "pending_repeat"),
)
BODY = Object(
    {
        "idempotency_key": Text(required=True, shortest=1),
        "title": Text(required=True, shortest=1),
        "description": Text(),
        "escalation_path_id": Text(),
        "user_ids": Items(Text()),
        "incident_id": Text(),
    }
)

_PRIORITY = {"name": "Default"}
_CATEGORIES = {"live": "active", "learning": "post-incident"}  # as the dashboard calls them


def escalate(call: Call) -> Json:
    """Page people; raises an ApiError for who or what is not there."""
    asked, now = call.body, moments.microseconds(call.now)
    incident = in_body(call) if asked.get("incident_id") else None
    pages = list(_pages(call))
    escalation = {
        "id": call.new_id(),
        "title": asked["title"],
        "description": asked.get("description") or (incident.body["summary"] if incident else ""),
        "status": "triggered",
        "priority": _PRIORITY,
        # An API key is no creator that the document knows.
        "creator": {"user": call.person} if call.person else {},
        "events": [
            event(call, "triggered"),
            *(event(call, "notified_users", urgency=page.urgency, users=page.users) for page in pages),
        ],
        "created_at": moments.written(call.now),
        "_created_at": now,
        "_idempotency_key": asked["idempotency_key"],
    }
    if asked.get("escalation_path_id"):
        escalation["escalation_path_id"] = asked["escalation_path_id"]
    if incident:
        escalation["_incident_id"] = incident.id
    kept = keep(call, escalation)
    note(call, kept, "escalation_created", f"Escalated: {kept['title']}", _told(kept, pages))
    return kept


def keep(call: Call, escalation: Json) -> Json:
    """Write an escalation as changed now."""
    updated = {"updated_at": moments.written(call.now), "_updated_at": moments.microseconds(call.now)}
    kept = escalation | updated
    call.store.record(KIND, kept.get("_incident_id", ""), kept["id"], kept)
    return kept


def note(call: Call, escalation: Json, kind: str, title: str, told: Json) -> None:
    """Write what happened into the log of the incident, if the escalation belongs to one."""
    incident = incident_of(call, escalation)
    if incident:
        write(call, incident, [Entry(kind, title, {"escalation_id": escalation["id"], **told})])
        touch(call, incident)


def event(call: Call, kind: str, **told: Any) -> Json:
    """Make an event that happens now."""
    return {"id": call.new_id(), "event": kind, "occurred_at": moments.written(call.now), **told}


def incident_of(call: Call, escalation: Json) -> Incident | None:
    """Return the incident that an escalation belongs to, if this request may see it."""
    identifier = escalation.get("_incident_id")
    return find(call, identifier) if identifier else None


def escalation_answer(call: Call, escalation: Json) -> Json:
    """Show an escalation with the incident that it belongs to."""
    incident = incident_of(call, escalation)
    related = [_slim(incident, call.organisation)] if incident else []
    return {**visible(escalation), "related_incidents": related, "related_alerts": []}


def _pages(call: Call) -> Iterator[Page]:
    asked, organisation = call.body, call.organisation
    path, users = asked.get("escalation_path_id"), asked.get("user_ids")
    if bool(path) == bool(users):
        raise invalid("escalation_path_id", "give either an escalation_path_id or user_ids, and not both")
    if path:
        found = organisation.refer("escalation_path", path, "escalation_path_id")
        yield from find_pages(organisation, found, call.now)
        return
    named = {user: organisation.refer("user", user, "user_ids") for user in users or ()}
    for user in named.values():
        if not user["is_active"]:
            raise invalid("user_ids", f"{user['name']} is not active", "not_found")
    yield Page("high", [person(user) for user in named.values()])


def _told(escalation: Json, pages: list[Page]) -> Json:
    return {
        "escalation_path_id": escalation.get("escalation_path_id"),
        "escalated_to_users": [user for page in pages for user in page.users],
    }


def _slim(incident: Incident, organisation: Organisation) -> Json:
    category = organisation.get("incident_status", incident.status)["category"]
    shown = {
        "id": incident.id,
        "external_id": incident.number,
        "reference": f"INC-{incident.number}",
        "name": incident.body["name"],
        "visibility": incident.visibility,
        "status_category": _CATEGORIES.get(category, category),
    }
    return shown | ({"summary": incident.body["summary"]} if incident.body["summary"] else {})
