"""Statuses: the steps that an incident goes through (`/v1/incident_statuses`)."""

from reconciler.kinds.spec import Field, Kind, When
from reconciler.kinds.types import Choice, Number, Text

KIND = Kind(
    name="IncidentStatus",
    noun="status",
    plural="statuses",
    path="/v1/incident_statuses",
    item="incident_status",
    items="incident_statuses",
    description="A status of the organisation's incident lifecycle.",
    fields={
        "name": Field(Text(min_length=1), "What people call it.", required=True),
        "description": Field(Text(), "What happens while an incident is in it.", required=True),
        "category": Field(
            Choice(("live", "learning", "closed")),
            "The part of the lifecycle it belongs to; the dashboard says Active, Post-incident and Closed.",
            required=True,
            when=When.CREATE,
        ),
        "rank": Field(Number(), "Its place among the statuses of its category.", distinct="category"),
    },
    server_fields=frozenset({"id", "created_at", "updated_at", "category"}),
    example={
        "name": "Verifying",
        "description": "The fix is out; we are watching",
        "category": "live",
        "rank": 40,
    },
)
