"""Actions: what is to be done while an incident lasts."""

from reconciler.sandbox.body import Text
from reconciler.sandbox.incidents.tasks import STATUS, Tasks

_DESCRIPTION = Text(required=True, shortest=1)
RESOURCE = Tasks(
    "action",
    title="description",
    creating={"incident_id": Text(required=True), "description": _DESCRIPTION, "assignee_id": Text()},
    replacing={"description": _DESCRIPTION, "status": STATUS, "assignee_id": Text(nullable=True)},
).resource()
