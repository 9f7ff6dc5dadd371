"""How incidents move between statuses through the API. Pure.

The moves are those that the API documents for its edit call; what is not documented counts as impossible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model import Ref

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reconciler.model import Leaf

LIVE, LEARNING, CLOSED, TRIAGE, PAUSED = "live", "learning", "closed", "triage", "paused"
MOVES = {TRIAGE: {LEARNING, CLOSED}, LIVE: {LIVE, LEARNING, CLOSED}, LEARNING: {LEARNING, CLOSED}, CLOSED: {CLOSED}}
AT_CREATION = {LIVE, LEARNING, CLOSED}
ONWARD = {TRIAGE: 0, LIVE: 1, LEARNING: 2, CLOSED: 3}
"""How far a category is; those not named here (paused, merged, …) are where only people bring an incident."""


def starts_in_triage(incident: Mapping[str, Any]) -> bool:
    """Return whether an incident, as the API shows it, began in triage, whatever status was asked for."""
    return bool((incident.get("incident_type") or {}).get("create_in_triage") == "always")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The organisation's statuses: each one's category, and the first live one."""

    categories: Mapping[str | Ref, str] = field(default_factory=dict)
    first_live: Leaf | None = None

    def category(self, status: Leaf | None) -> str:
        """Return a status's category; empty for none and for one that nobody knows."""
        return self._category(status.value) if status else ""

    def _category(self, status: Any) -> str:
        """Return the category of what may be no status at all, where a state or a journal tells of it."""
        return self.categories.get(status, "") if isinstance(status, str | Ref) else ""

    def is_triage(self, status: Leaf) -> bool:
        """Return whether a status is one that a person must accept an incident from."""
        return self.category(status) == TRIAGE

    def is_paused(self, status: Leaf) -> bool:
        """Return whether a status is one from which people, and they alone, may have an incident go on any minute."""
        return self.category(status) == PAUSED

    def may_create(self, status: Leaf) -> bool:
        """Return whether an incident can be created in this status."""
        return self.category(status) in AT_CREATION

    def may_move(self, before: Leaf, after: Leaf) -> bool:
        """Return whether the API moves an incident from one status to the other."""
        if before.value == after.value:
            return True
        return self.category(after) in MOVES.get(self.category(before), set())

    def is_further(self, live: Leaf, wanted: Leaf) -> bool:
        """Return whether an incident is past the category that is wanted for it, or where only people move it."""
        here, there = self.category(live), self.category(wanted)
        if here in ONWARD and there in ONWARD:
            return ONWARD[here] > ONWARD[there]
        return bool(here) and here not in ONWARD

    def is_settled(self, live: Leaf, wanted: Leaf) -> bool:
        """Return whether a post-incident status is as good as the one wanted.

        The server moves an incident through these by itself, as tasks are done, and overrules a client.
        """
        return self.category(live) == self.category(wanted) == LEARNING

    def was_put_into_triage(self, live: Leaf, sent: Any, answered: Any) -> bool:
        """Return whether an incident that was sent as over was answered, and is still, in triage."""
        is_over = self._category(sent) in {LEARNING, CLOSED}
        return is_over and live.value == answered and self.category(live) == TRIAGE
