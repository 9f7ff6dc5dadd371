"""Activity log entries: who changed what in an incident, and when; oldest first."""

from reconciler.sandbox.incidents.activity import KIND
from reconciler.sandbox.incidents.incident import in_query
from reconciler.sandbox.incidents.records import list_records
from reconciler.sandbox.query import Word, Words
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged


def _list(call: Call) -> Answer:
    incident = in_query(call).id
    wanted = call.query.get("id")
    if wanted is None:
        found, meta = list_records(call, KIND, incident)
        return Answer(200, {"incident_activity_log_entries": found, "pagination_meta": meta})
    entries = [call.store.recorded(KIND, identifier) for identifier in sorted(set(wanted))]
    shown = [entry for entry in entries if entry and entry["incident_id"] == incident]
    return Answer(200, {"incident_activity_log_entries": shown, "pagination_meta": {"page_size": 100}})


_PARAMETERS = {**paged(), "incident_id": Word(), "id": Words(most=100)}
RESOURCE = Resource(KIND, (Route("GET", "/v2/incident_activity_log_entries", _list, ("incidents.view",), _PARAMETERS),))
