"""Stage 5: desired x live x last applied → what to do with each resource, each difference with its cause. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.diff.creation import declare
from reconciler.diff.existing import converge
from reconciler.diff.rules import Around, Diff, Rules
from reconciler.diff.unfound import unfound
from reconciler.identity import Absent, Marked, Matched

if TYPE_CHECKING:
    from reconciler.identity import Match
    from reconciler.model import Desired

__all__ = ["Around", "Diff", "Rules", "compare"]


def compare(desired: Desired, match: Match, around: Around, rules: Rules) -> Diff:
    """Return the steps that make one resource what it should be, or the reason to leave it alone."""
    match match:
        case Matched():
            return converge(desired, match, around, rules)
        case Absent():
            return declare(desired, rules)
        case Marked(raw, is_recorded=True):
            # What people did to it is theirs to know, the key that they overwrote above all.
            left = Diff(drifted=converge(desired, Matched(raw, "state"), around, rules).drifted)
            return left.refused(unfound(desired, match, rules))
        case unsure:
            return Diff(refusals=[unfound(desired, unsure, rules)])
