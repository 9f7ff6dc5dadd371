"""Follow-up priorities: how urgent a follow-up is; seen on follow-ups only, for the API has no list of them."""

from typing import Any

from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.resource import Resource


def _priority(rank: int, name: str, description: str, *, is_default: bool = False) -> dict[str, Any]:
    told = {"name": name, "description": description, "rank": rank, "_is_default": is_default}
    return {"id": seed_id("priority", rank), **told}


RESOURCE = Resource(
    "follow_up_priority",
    routes=(),
    seed=(
        _priority(1, "Urgent", "Before anything else."),
        _priority(2, "High", "Within a week."),
        _priority(3, "Medium", "Within a month.", is_default=True),
        _priority(4, "Low", "When there is time."),
    ),
)
