"""Incident types: what kind of incident it is, and how such an incident begins; read only."""

from typing import Any

from reconciler.sandbox.collection import DATES, Lookup
from reconciler.sandbox.ids import seed_id


def _type(number: int, name: str, description: str, **rules: Any) -> dict[str, Any]:
    told = {"name": name, "description": description, "create_in_triage": "optional"}
    return {"id": seed_id("type", number), **told, **rules, **DATES}


RESOURCE = Lookup(
    "incident_type",
    "/v1/incident_types",
    items="incident_types",
    item="incident_type",
    view=("incident_types.view",),
    seed=(
        _type(1, "Default", "Anything that goes wrong.", is_default=True, private_incidents_only=False),
        _type(2, "Security", "Seen only by invitation.", is_default=False, private_incidents_only=True),
    ),
).resource()
