"""The body of an edit in, the changed incident out, or an error for what is wrong with it; only given fields change."""

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.body import Boolean, Object, Text
from reconciler.sandbox.errors import ApiError, invalid
from reconciler.sandbox.incidents import values
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.incidents.revision import Revision
from reconciler.sandbox.resource import Call
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

ROOT = "incident"
BODY = Object(
    {
        ROOT: Object(
            {
                "name": Text(shortest=1),
                "summary": Text(),
                "severity_id": Text(shortest=1),
                "incident_status_id": Text(shortest=1),
                "call_url": Text(shortest=1),
                "slack_channel_name_override": Text(shortest=1),
                **values.SHAPES,
            },
            required=True,
        ),
        "notify_incident_channel": Boolean(required=True),
    }
)
SCOPES: Mapping[str, str] = {
    "name": "incidents.update_name",
    "slack_channel_name_override": "incidents.update_name",
    "summary": "incidents.update_summary",
    "severity_id": "incidents.update_severity",
    "incident_status_id": "incidents.update_status",
    "custom_field_entries": "incidents.update_custom_fields",
    "incident_timestamp_values": "incidents.update_timestamps",
    "incident_role_assignments": "incidents.update_role_assignments",
    "call_url": "incident_calls.create",
}


def edit(call: Call, incident: Incident) -> Incident:
    """Change an incident; raises an ApiError whose fields are those inside `incident`."""
    asked = call.body[ROOT]
    call.key.demand(*_scopes(asked, incident))
    revision = Revision(call, incident)
    try:
        _texts(revision, asked)
        _moves(revision, call, asked)
        _entries(revision, call, asked)
    except ApiError as error:
        raise error.inside(ROOT) from error
    return revision.keep()


def _scopes(asked: Json, incident: Incident) -> list[str]:
    scopes = [SCOPES[name] for name in asked]
    if "call_url" in asked and incident.body.get("call_url"):
        scopes.append("incident_calls.destroy")
    return list(dict.fromkeys(scopes))


def _texts(revision: Revision, asked: Json) -> None:
    if "call_url" in asked and not values.is_url(asked["call_url"]):
        raise invalid("call_url", f"{asked['call_url']!r} is not a link")
    for name in ("name", "summary", "call_url"):
        if name in asked:
            revision.text(name, asked[name])
    if "slack_channel_name_override" in asked:
        revision.text("slack_channel_name", asked["slack_channel_name_override"])


def _moves(revision: Revision, call: Call, asked: Json) -> None:
    if "severity_id" in asked:
        revision.severity(call.organisation.refer("severity", asked["severity_id"], "severity_id"))
    if "incident_status_id" in asked:
        field = "incident_status_id"
        revision.status(call.organisation.refer("incident_status", asked[field], field), field)


def _entries(revision: Revision, call: Call, asked: Json) -> None:
    organisation, kept = call.organisation, form(call.behaviour)
    roles = values.roles(organisation, asked)
    values.check_edited_roles(organisation, roles)
    revision.fields(values.custom_fields(organisation, asked, kept))
    revision.roles(roles)
    # Last, so that what is stated stays when the move above sets the same timestamp.
    revision.timestamps(values.timestamps(organisation, asked, kept))
