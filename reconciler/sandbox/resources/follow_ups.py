"""Follow-ups: what is to be done after an incident, so that it does not happen again.

No issue tracker is connected to the sandbox, so follow-ups neither come from links nor lead to issues.
"""

from typing import Any

from reconciler.sandbox.body import Items, Shape, Text
from reconciler.sandbox.incidents.tasks import ASSIGNEE, STATUS, Reference, Tasks
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.query import Word


def _team(team: dict[str, Any]) -> dict[str, Any]:
    return {name: team[name] for name in ("id", "name")}


def _default_priority(organisation: Organisation) -> dict[str, Any]:
    # Where none is given, the document is silent. Priorities have no list: this is how a client learns an ID.
    for priority in organisation.all("follow_up_priority"):
        if priority["_is_default"]:
            return {"follow_up_priority_option_id": priority["id"]}
    return {}


_TOLD: dict[str, Shape] = {
    "title": Text(required=True, shortest=1),
    "description": Text(),
    "follow_up_category_id": Text(),
    "follow_up_priority_option_id": Text(),
    "labels": Items(Text()),
}
RESOURCE = Tasks(
    "follow_up",
    title="title",
    creating=_TOLD
    | {
        "incident_id": Text(required=True),
        "assignee_id": Text(),
        "assignee_team_id": Text(),
        "external_issue_reference_id": Text(),
    },
    replacing=_TOLD | {"status": STATUS, "assignee_id": Text(nullable=True), "assignee_team_id": Text(nullable=True)},
    references={
        **ASSIGNEE,
        "assignee_team_id": Reference("team", "assignee_team", _team),
        "follow_up_priority_option_id": Reference("follow_up_priority", "priority"),
        "follow_up_category_id": Reference("follow_up_category", "category"),
        "external_issue_reference_id": Reference("external_issue_reference", "external_issue_reference"),
    },
    filters={"assignee_team_id": Word()},
    defaults=lambda organisation: {"labels": [], **_default_priority(organisation)},
).resource()
