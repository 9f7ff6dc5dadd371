"""An incident, an update and an organisation in, their documented answers out.

An incident becomes text at once: a page has hundreds of them, and most of each comes from the organisation.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.incidents.parts import Parts, parts_of, written
from reconciler.sandbox.organisation import DASHBOARD_URL, Organisation

Json = dict[str, Any]

CHANNEL_DELAY = 500_000  # microseconds until the Slack channel of a new incident is there


def incident_answer(incident: Incident, organisation: Organisation, now: int) -> Json:
    """Show an incident; `now` in microseconds decides whether its Slack channel is there yet."""
    return dict(json.loads(incident_text(incident, organisation, now)))


def incident_text(incident: Incident, organisation: Organisation, now: int) -> str:
    """Show an incident as the text of a JSON object."""
    body, parts = incident.body, parts_of(organisation)
    shown = {
        "id": written(incident.id),
        "reference": f'"INC-{incident.number}"',
        "name": written(body["name"]),
        "visibility": written(incident.visibility),
        "mode": written(incident.mode),
        "permalink": f'"{DASHBOARD_URL}/incidents/{incident.number}"',
        "creator": written(body["creator"]),
        "incident_status": parts.statuses[incident.status],
        "incident_type": parts.types[incident.type],
        "incident_role_assignments": _roles(body["roles"], parts),
        "custom_field_entries": _fields(body["fields"], parts),
        "incident_timestamp_values": _timestamps(body["timestamps"], parts),
        "duration_metrics": "[]",
        "debriefs": "[]",
        "has_debrief": "false",
        "postmortem_document_ids": "[]",
        "team_ids": "[]",
        "slack_team_id": written(body["slack_team_id"]),
        "created_at": _time(incident.created),
        "updated_at": _time(incident.updated),
        "last_activity_at": _time(incident.activity),
    }
    if incident.severity:
        shown["severity"] = parts.severities[incident.severity]
    for name in ("summary", "call_url", "postmortem_document_url"):
        if body.get(name):
            shown[name] = written(body[name])
    shown |= {name: written(value) for name, value in _channel(incident, now).items()}
    members = ",".join([f'"{name}":{text}' for name, text in shown.items()])
    return f"{{{members}}}"


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


def _roles(assigned: Mapping[str, str], parts: Parts) -> str:
    return _list(
        f'{{"role":{role},"assignee":{parts.people[assigned[identifier]]}}}'
        if identifier in assigned
        else f'{{"role":{role}}}'
        for identifier, role in parts.roles.items()
    )


def _fields(values: Mapping[str, list[str]], parts: Parts) -> str:
    return _list(
        f'{{"custom_field":{field.text},"values":[{field.values(values.get(identifier, []))}]}}'
        for identifier, field in parts.fields.items()
    )


def _timestamps(values: Mapping[str, str], parts: Parts) -> str:
    return _list(
        f'{{"incident_timestamp":{timestamp},"value":{{"value":{written(values[identifier])}}}}}'
        if identifier in values
        else f'{{"incident_timestamp":{timestamp}}}'
        for identifier, timestamp in parts.timestamps.items()
    )


def _list(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


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
    return f'"{moments.written(moments.from_microseconds(microseconds))}"'
