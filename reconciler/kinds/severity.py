"""Severities: how bad an incident is, in order (`/v1/severities`)."""

from reconciler.kinds.spec import Field, Kind
from reconciler.kinds.types import Number, Text

KIND = Kind(
    name="Severity",
    noun="severity",
    plural="severities",
    path="/v1/severities",
    item="severity",
    items="severities",
    description="A severity of the organisation.",
    fields={
        "name": Field(Text(max_length=50, min_length=1), "What people call it.", required=True),
        "description": Field(Text(), "When to choose it.", required=True),
        "rank": Field(Number(), "Its place in the order; a lower rank is less severe.", distinct=""),
    },
    example={"name": "Catastrophic", "description": "The company cannot trade", "rank": 40},
)
