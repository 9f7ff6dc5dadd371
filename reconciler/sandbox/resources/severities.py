"""Severities: how bad an incident is, by rank, lower being less severe."""

from typing import Any

from reconciler.sandbox.body import Integer, Shape, Text
from reconciler.sandbox.collection import DATES, Collection, Lookup, any_incident, next_rank, same_name
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "severity"
FIELDS: dict[str, Shape] = {
    "name": Text(required=True, shortest=1, longest=50),
    "description": Text(required=True),
    "rank": Integer(),
}


def _next_rank(_body: Json, organisation: Organisation) -> Json:
    return next_rank(KIND, organisation)


def _in_use(call: Call, severity: Json) -> str | None:
    if any_incident(call, "severity", severity["id"]):
        return f"there are incidents of severity {severity['name']}"
    return "an organisation needs a severity" if len(call.organisation.all(KIND)) == 1 else None


def _severity(rank: int, name: str, description: str) -> Json:
    return {"id": seed_id(KIND, rank), "name": name, "description": description, "rank": rank, **DATES}


RESOURCE = Collection(
    Lookup(
        KIND,
        "/v1/severities",
        items="severities",
        item="severity",
        view=("severities.view",),
        order=lambda severity: (severity["rank"], severity["id"]),
        seed=(
            _severity(1, "Minor", "Few customers notice, and they have a way around it."),
            _severity(2, "Major", "Many customers are held up."),
            _severity(3, "Critical", "Customers cannot use the product, or data is at risk."),
        ),
    ),
    creating=FIELDS,
    replacing=FIELDS,
    edit=("organisation_settings.update",),
    deleted=202,
    defaults=_next_rank,
    check=lambda body, organisation: same_name(KIND, body, organisation),
    in_use=_in_use,
).resource()
