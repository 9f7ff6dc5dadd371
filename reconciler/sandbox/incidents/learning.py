"""When an incident entered the post-incident status that it is in: noted with each move, and looked up by time."""

from datetime import datetime

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.store import Transaction

KIND = "post_incident"


def note(store: Transaction, incident: Incident, when: datetime) -> None:
    """Note that an incident has just entered its status; nothing stays noted of one that is not post-incident."""
    category = store.organisation.get("incident_status", incident.status)["category"]
    if category == "learning":
        entered = {"id": incident.id, "entered": moments.microseconds(when)}
        store.record(KIND, incident.id, moments.sortable(when), entered)
    elif store.recorded(KIND, incident.id):
        store.unrecord(KIND, incident.id)


def waiting(store: Transaction, since: datetime) -> list[tuple[str, datetime]]:
    """List the incidents that entered their post-incident status at a moment or earlier, and when, the first first."""
    sql = """SELECT incident, json_extract(body, '$.entered') FROM record
        WHERE kind = ? AND sort <= ? ORDER BY sort, id"""
    found = store.query(sql, (KIND, moments.sortable(since)))
    return [(incident, moments.from_microseconds(entered)) for incident, entered in found]
