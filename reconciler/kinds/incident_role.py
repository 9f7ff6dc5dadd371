"""Roles: what people do in an incident (`/v2/incident_roles`)."""

from reconciler.kinds.spec import Field, Kind
from reconciler.kinds.types import Text

KIND = Kind(
    name="IncidentRole",
    noun="role",
    plural="roles",
    path="/v2/incident_roles",
    item="incident_role",
    items="incident_roles",
    description="A role that people take in an incident.",
    fields={
        "name": Field(Text(min_length=1), "What people call it.", required=True),
        "shortform": Field(Text(min_length=1), "Its short name in chat commands.", required=True),
        "description": Field(Text(min_length=1), "What it is for.", required=True),
        "instructions": Field(Text(), "What whoever takes it should do.", required=True),
    },
    server_fields=frozenset({"id", "created_at", "updated_at", "role_type"}),
    example={
        "name": "Scribe",
        "shortform": "scribe",
        "description": "Keeps the timeline",
        "instructions": "Write down what happened, and when.",
    },
)
