"""Statuses and severities as far as they are known offline: those of a new account, and what manifests declare.

Reads the files of the workspace.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler import manifest
from reconciler.alike import title
from reconciler.errors import ReconcilerError
from reconciler.lifecycle import AT_CREATION, CLOSED, LEARNING, LIVE, MOVES, TRIAGE
from reconciler.workspace import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Manifest
    from reconciler.workspace import Workspace

STATUSES: Mapping[str, str] = {
    "Triage": TRIAGE,
    "Investigating": LIVE,
    "Fixing": LIVE,
    "Monitoring": LIVE,
    "Paused": "paused",
    "Documenting": LEARNING,
    "Reviewing": LEARNING,
    "Closed": CLOSED,
    "Declined": "declined",
    "Canceled": "canceled",
    "Merged": "merged",
}
"""The statuses of a new account, and the part of the lifecycle that each belongs to."""
SEVERITIES: Mapping[str, int] = {"Minor": 0, "Major": 1, "Critical": 2}
"""The severities of a new account, the lowest first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Categories of statuses and ranks of severities, by their names; of others nothing is known."""

    categories: Mapping[str, str] = field(default_factory=lambda: dict(STATUSES))
    ranks: Mapping[str, int] = field(default_factory=lambda: dict(SEVERITIES))

    def category(self, status: Any) -> str:
        """Return the category of a status; empty for none and for one that nobody knows yet."""
        return self.categories.get(title(status), "") if isinstance(status, str) else ""

    def may_create(self, status: Any) -> bool:
        """Return whether an incident may be created in a status, as far as is known."""
        category = self.category(status)
        return not category or category in AT_CREATION

    def may_move(self, before: Any, after: Any) -> bool:
        """Return whether the API moves an incident from one status to another, as far as is known."""
        here, there = self.category(before), self.category(after)
        if is_same(before, after) or not there:
            return True
        # Nothing leads to a category that is no key: paused, merged and others are for people alone.
        return there in MOVES.get(here, set()) if here else there in AT_CREATION

    def is_at_least(self, severity: Any, other: Any) -> bool:
        """Return whether a severity is known to be another one, or above it."""
        if is_same(severity, other):
            return severity is not None
        mine, theirs = (self.ranks.get(title(one)) if isinstance(one, str) else None for one in (severity, other))
        return mine is not None and theirs is not None and mine >= theirs


def is_same(one: Any, other: Any) -> bool:
    """Return whether two names are one: texts as names are compared, IDs as they are."""
    return title(one) == title(other) if isinstance(one, str) and isinstance(other, str) else one == other


def of_manifests(manifests: Iterable[Manifest]) -> Facts:
    """Return what is known beside these manifests."""
    found = list(manifests)
    statuses = _declared(found, "IncidentStatus", "category", str)
    ranks = _declared(found, "Severity", "rank", int)
    # Ranks of manifests say nothing of how severities stand to those of a new account.
    return Facts({**STATUSES, **statuses}, ranks or dict(SEVERITIES))


def _declared(manifests: Iterable[Manifest], kind: str, name: str, of: type) -> dict[str, Any]:
    """Return a field of what the manifests of a kind declare, by what it is called; none of what is wrong."""
    stated = (one.spec for one in manifests if one.key.kind == kind)
    return {title(spec["name"]): spec[name] for spec in stated if "name" in spec and isinstance(spec.get(name), of)}


def of_workspace(workspace: Workspace) -> Facts:
    """Return what is known beside all manifests of a workspace, as far as these can be read."""
    if not workspace.file:
        return Facts()
    try:
        # A run is told of one file, and that is all that its own workspace knows of.
        whole = load(workspace=workspace.file, environ=workspace.environ)
        found = manifest.read(whole.manifests, str(whole.root), whole.environ, prune=True)
    except ReconcilerError:
        return Facts()
    return of_manifests(found)
