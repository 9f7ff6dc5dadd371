"""Would a plan page people, or tell the subscribers of a status page? By the paths of its requests alone. Pure.

The paths stand here and in no kind, so that none that is added later can page anybody by surprise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.guards.allowance import Allowance
    from reconciler.model import Change, Key, Plan

PAGING = (
    r"/v2/escalations",
    r"/v2/escalations/[^/]+/actions/(reassign|respond)",
    # What an alert source is sent, alert routes escalate.
    r"/v\d+/alert_events/.+",
)
SUBSCRIBERS = (
    r"/v2/status_page_incidents(/[^/]+)?",
    r"/v2/status_page_incident_updates",
    r"/v2/status_page_maintenances",
    r"/v2/status_page_maintenance_updates",
    r"/v2/status_page_retrospective_incidents",
)


def vetoes(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> Iterator[Refused]:
    """Yield a refusal where people would be paged, and one where subscribers would be told."""
    del declared
    if not allowed.paging:
        yield from _refused(plan, PAGING, "page people", "paging")
    if not allowed.subscribers:
        yield from _refused(plan, SUBSCRIBERS, "tell subscribers of a status page", "subscribers")


def _refused(plan: Plan, paths: tuple[str, ...], does: str, word: str) -> Iterator[Refused]:
    found = [change for change in plan.changes if _reaches(change, paths)]
    if found:
        requests = "1 request would" if len(found) == 1 else f"{len(found):,} requests would"
        yield Refused(
            f"{found[0].source}: {requests} {does}, the first for {found[0].key}",
            f"`--allow {word}` lets it pass this once, `allow: {{{word}: true}}` in reconciler.yaml always",
        )


def _reaches(change: Change, paths: tuple[str, ...]) -> bool:
    request = getattr(change, "request", None)
    if request is None or request.method in {"GET", "DELETE"}:
        return False
    return any(re.fullmatch(path, request.path) for path in paths)
