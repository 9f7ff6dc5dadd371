"""Workflows: what happens by itself around incidents; listed only."""

from typing import Any

from reconciler.sandbox.collection import Lookup
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.resource import Resource, Route


def _workflow(number: int, name: str, state: str, *steps: tuple[str, str]) -> dict[str, Any]:
    return {
        "id": seed_id("workflow", number),
        "name": name,
        "state": state,
        "trigger": {"name": "incident.updated", "label": "When an incident is created or changed"},
        "steps": [{"name": step, "label": label} for step, label in steps],
        "runs_on_incidents": "newly_created",
        "runs_on_incident_modes": ["standard"],
        "include_private_incidents": False,
        "include_private_escalations": False,
        "private_incident_scope": "none",
        "continue_on_step_error": False,
        "auto_run_mode": "run_automatically",
        "once_for": [],
        "condition_groups": [],
        "expressions": [],
        "version": 1,
    }


LOOKUP = Lookup(
    "workflow",
    "/v2/workflows",
    items="workflows",
    item="workflow",
    view=("workflows.view",),
    seed=(
        _workflow(1, "Page the on-call lead", "active", ("escalation.create", "Escalate to the on-call lead")),
        _workflow(2, "Remind of the review", "disabled", ("slack.send_message", "Send a message")),
    ),
)
RESOURCE = Resource(LOOKUP.kind, (Route("GET", LOOKUP.path, LOOKUP.list, LOOKUP.view),), LOOKUP.seed)
