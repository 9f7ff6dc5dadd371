"""Incident roles: who does what in an incident; the lead and the reporter are always there."""

from typing import Any

from reconciler.sandbox.body import Shape, Text
from reconciler.sandbox.collection import DATES, Collection, Lookup, any_incident, same_name
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "incident_role"
FIELDS: dict[str, Shape] = {
    "name": Text(required=True, shortest=1),
    "shortform": Text(required=True),
    "description": Text(required=True, shortest=1),
    "instructions": Text(required=True),
}


def _in_use(call: Call, role: Json) -> str | None:
    if role["role_type"] != "custom":
        return f"the role {role['name']} cannot be deleted, because every organisation has a {role['role_type']}"
    if any_incident(call, "role", role["id"]):
        return f"there are incidents in which somebody is {role['name']}"
    return None


def _role(number: int, role_type: str, name: str, *texts: str) -> Json:
    shortform, description, instructions = texts
    told = {"name": name, "shortform": shortform, "description": description, "instructions": instructions}
    return {"id": seed_id("role", number), "role_type": role_type, **told, **DATES}


RESOURCE = Collection(
    Lookup(
        KIND,
        "/v2/incident_roles",
        items="incident_roles",
        item="incident_role",
        view=("incident_roles.view",),
        seed=(
            _role(1, "lead", "Incident Lead", "lead", "Leads the response.", "Decide, delegate, keep time."),
            _role(2, "reporter", "Reporter", "", "Reported the incident.", ""),
            _role(3, "custom", "Communications Lead", "comms", "Tells those affected.", "Write every 30 minutes."),
        ),
    ),
    creating=FIELDS,
    replacing=FIELDS,
    edit=("organisation_settings.update",),
    deleted=204,
    answered=frozenset({"id", "created_at", "updated_at", "role_type", "required"}),
    defaults=lambda _body, _organisation: {"role_type": "custom"},
    check=lambda body, organisation: same_name(KIND, body, organisation),
    in_use=_in_use,
).resource()
