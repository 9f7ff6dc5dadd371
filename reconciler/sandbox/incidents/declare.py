"""The body of a create in, a new incident out, or a 422 for what is wrong with it."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Integer, Object, Shape, Text
from reconciler.sandbox.errors import ApiError, Problem, invalid
from reconciler.sandbox.incidents import activity, learning, lifecycle, values
from reconciler.sandbox.incidents.activity import Entry
from reconciler.sandbox.incidents.incident import Incident, next_number, save
from reconciler.sandbox.resource import Call
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

MODES = ("standard", "retrospective", "test", "tutorial")
_RETROSPECTIVE: dict[str, Shape] = {
    "external_id": Integer(),
    "postmortem_document_url": Text(),
    "slack_channel_id": Text(),
}

BODY = Object(
    {
        "idempotency_key": Text(required=True, shortest=1),
        "visibility": Text(required=True, one_of=("public", "private")),
        "name": Text(),
        "summary": Text(),
        "severity_id": Text(),
        "incident_status_id": Text(),
        "incident_type_id": Text(),
        "mode": Text(one_of=MODES),
        "slack_channel_name_override": Text(),
        "slack_team_id": Text(),
        "retrospective_incident_options": Object(_RETROSPECTIVE),
        **values.SHAPES,
    }
)


def declare(call: Call) -> Incident:
    """Create an incident; raises an ApiError with every reference and rule that does not hold."""
    incident_type = _type(call)
    wanted, is_by_person = call.body.get("incident_status_id"), call.person is not None
    status = lifecycle.declared_status(call.organisation, incident_type, wanted, is_by_person=is_by_person)
    now = moments.microseconds(call.now)
    incident = Incident(
        number=next_number(call.store),
        id=call.new_id(),
        created=now,
        updated=now,
        activity=now,
        status=status["id"],
        severity=_severity(call, status),
        type=incident_type["id"],
        mode=call.body.get("mode", "standard"),
        visibility=call.body["visibility"],
        body=_body(call, status),
    )
    save(call.store, incident)
    learning.note(call.store, incident, call.now)
    title = f"Declared as {status['name']}"
    activity.write(call, incident, [Entry("status_change", title, {"new_status": status})])
    return incident


def _type(call: Call) -> Json:
    organisation, field = call.organisation, "incident_type_id"
    wanted = call.body.get(field)
    default = next(t for t in organisation.all("incident_type") if t["is_default"])
    incident_type = organisation.refer("incident_type", wanted, field) if wanted else default
    if incident_type["private_incidents_only"] and call.body["visibility"] != "private":
        raise invalid("visibility", f"incidents of type {incident_type['name']} are private")
    return incident_type


def _severity(call: Call, status: Json) -> str | None:
    field = "severity_id"
    wanted = call.body.get(field)
    if wanted:
        severity: str = call.organisation.refer("severity", wanted, field)["id"]
        return severity
    if status["category"] == "live":
        raise ApiError(422, (Problem("is_required", "A severity is required to open an incident", field),))
    return None


def _body(call: Call, status: Json) -> Json:
    asked, organisation, kept = call.body, call.organisation, form(call.behaviour)
    reported = [t for t in organisation.timestamps if t["name"] == "Reported at"]
    reached = lifecycle.reached(organisation, None, status)
    times: dict[str, str | None] = {timestamp["id"]: moments.written(call.now) for timestamp in (*reported, *reached)}
    times |= values.timestamps(organisation, asked, kept)
    assigned = values.roles(organisation, asked)
    fields = values.custom_fields(organisation, asked, kept)
    return {
        "name": kept.title(asked.get("name", "")),
        "summary": kept.prose(asked.get("summary", "")),
        "slack_team_id": asked.get("slack_team_id") or "T0SANDBOX",
        "slack_channel_name": asked.get("slack_channel_name_override", ""),
        "creator": call.actor,
        "roles": _reporter(call) | {role: user["id"] for role, user in assigned.items() if user},
        "fields": {field: chosen for field, chosen in fields.items() if chosen},
        "timestamps": {timestamp: time for timestamp, time in times.items() if time},
        **_retrospective(call),
    }


def _reporter(call: Call) -> dict[str, str]:
    if call.person is None:
        return {}
    roles = call.organisation.all("incident_role")
    return {role["id"]: call.person["id"] for role in roles if role["role_type"] == "reporter"}


def _retrospective(call: Call) -> Json:
    root = "retrospective_incident_options"
    options = call.body.get(root)
    if not options:
        return {}
    if call.body.get("mode") != "retrospective":
        raise invalid(root, "are for incidents of mode retrospective")
    if "external_id" in options:
        raise invalid(f"{root}.external_id", "must first be allowed for the organisation")
    return {name: options[name] for name in ("slack_channel_id", "postmortem_document_url") if name in options}
