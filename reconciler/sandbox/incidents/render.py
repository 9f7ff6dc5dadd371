"""An incident, an update and an organisation in, their documented answers out."""

import re
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.organisation import DASHBOARD_URL, Organisation, person, visible

Json = dict[str, Any]

CHANNEL_DELAY = 500_000  # microseconds until the Slack channel of a new incident is there
_TYPE_NAMES = (
    "id",
    "name",
    "description",
    "is_default",
    "private_incidents_only",
    "create_in_triage",
    "created_at",
    "updated_at",
)


def incident_answer(incident: Incident, organisation: Organisation, now: int) -> Json:
    """Show an incident; `now` in microseconds decides whether its Slack channel is there yet."""
    body = incident.body
    incident_type = organisation.get("incident_type", incident.type)
    answer = {
        "id": incident.id,
        "reference": f"INC-{incident.number}",
        "name": body["name"],
        "visibility": incident.visibility,
        "mode": incident.mode,
        "permalink": f"{DASHBOARD_URL}/incidents/{incident.number}",
        "creator": body["creator"],
        "incident_status": organisation.get("incident_status", incident.status),
        "incident_type": {name: incident_type[name] for name in _TYPE_NAMES},
        "incident_role_assignments": _roles(body["roles"], organisation),
        "custom_field_entries": _fields(body["fields"], organisation),
        "incident_timestamp_values": _timestamps(body["timestamps"], organisation),
        "duration_metrics": [],
        "debriefs": [],
        "has_debrief": False,
        "postmortem_document_ids": [],
        "team_ids": [],
        "slack_team_id": body["slack_team_id"],
        "created_at": _time(incident.created),
        "updated_at": _time(incident.updated),
        "last_activity_at": _time(incident.activity),
    }
    if incident.severity:
        answer["severity"] = organisation.get("severity", incident.severity)
    for name in ("summary", "call_url", "postmortem_document_url"):
        if body.get(name):
            answer[name] = body[name]
    return answer | _channel(incident, now)


def update_answer(update: Json, organisation: Organisation) -> Json:
    """Show an incident update."""
    answer = {
        "id": update["id"],
        "incident_id": update["incident_id"],
        "new_incident_status": organisation.get("incident_status", update["status"]),
        "updater": update["updater"],
        "created_at": update["created_at"],
    }
    if update["severity"]:
        answer["new_severity"] = organisation.get("severity", update["severity"])
    if update["message"]:
        answer["message"] = update["message"]
    return answer


def field_values(field: Json, values: list[str], organisation: Organisation) -> list[Json]:
    """Show the values of one custom field."""
    if "catalog_type_id" in organisation.get("custom_field", field["id"]):
        return [{"value_catalog_entry": _entry(value, organisation)} for value in values]
    match field["field_type"]:
        case "text" | "link" | "numeric" as kind:
            return [{f"value_{kind}": value} for value in values]
        case _:
            return [{"value_option": organisation.get("custom_field_option", value)} for value in values]


def _entry(identifier: str, organisation: Organisation) -> Json:
    entry = organisation.get("catalog_entry", identifier)
    return {name: entry[name] for name in ("id", "name", "external_id", "aliases")}


def _roles(assigned: Mapping[str, str], organisation: Organisation) -> list[Json]:
    shown = []
    for role in organisation.all("incident_role"):
        assignment = {"role": role}
        if role["id"] in assigned:
            assignment["assignee"] = person(organisation.get("user", assigned[role["id"]]))
        shown.append(assignment)
    return shown


def _fields(values: Mapping[str, list[str]], organisation: Organisation) -> list[Json]:
    return [
        {"custom_field": field, "values": field_values(field, values.get(field["id"], []), organisation)}
        for field in organisation.fields
    ]


def _timestamps(values: Mapping[str, str], organisation: Organisation) -> list[Json]:
    shown: list[Json] = []
    for timestamp in organisation.timestamps:
        entry: Json = {"incident_timestamp": visible(timestamp)}
        if timestamp["id"] in values:
            entry["value"] = {"value": values[timestamp["id"]]}
        shown.append(entry)
    return shown


def _channel(incident: Incident, now: int) -> Json:
    given = incident.body.get("slack_channel_id")
    if not given and (incident.mode in ("retrospective", "tutorial") or now - incident.created < CHANNEL_DELAY):
        return {"slack_channel_id": ""}
    channel = given or f"C0{incident.id[-9:]}"
    team = incident.body["slack_team_id"]
    name = incident.body.get("slack_channel_name") or f"inc-{incident.number}-{incident.body['name']}"
    return {
        "slack_channel_id": channel,
        "slack_channel_name": re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80],
        "slack_channel_url": f"https://slack.com/app_redirect?channel={channel}&team={team}",
    }


def _time(microseconds: int) -> str:
    return moments.written(moments.from_microseconds(microseconds))
