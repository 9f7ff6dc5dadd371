"""Does a plan do more at once than one run may? Counts, and a share of all that is managed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.model import Delete, Edit, Forget

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.guards.allowance import Allowance
    from reconciler.model import Key, Plan

FLOOR = 5
"""So many changes are always allowed by a limit in percent, which would protect nobody with five severities."""


def vetoes(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> Iterator[Refused]:
    """Yield a refusal for each count, and for the share, that is over what is allowed."""
    del declared
    counts = {"create": plan.summary["create"], "edit": plan.summary["edit"], "delete": len(removed(plan))}
    for word, number in counts.items():
        most = allowed.limits.get(word)
        if most is not None and number > most:
            yield _over(word, number, most, is_default=word in allowed.by_default)
    yield from _share(plan, allowed)


def _share(plan: Plan, allowed: Allowance) -> Iterator[Refused]:
    number = sum(plan.summary[word] for word in ("create", "edit", "delete"))
    most, managed = allowed.limits.get("percent"), max(plan.managed, plan.resources, number)
    # In whole numbers: a share is over its limit by one resource, never by a rounding.
    if most is not None and number > FLOOR and 100 * number > most * managed:
        share = -(-100 * number // managed)
        told = f"the plan changes {number} of {managed} resources ({share} %), and the workspace allows {most} %"
        yield Refused(f"{told} in one run", way_out("percent", share))


def _over(word: str, number: int, most: int, *, is_default: bool) -> Refused:
    told = "delete, or to close as no longer declared" if word == "delete" else word
    limit = (
        f"{most} are allowed in one run where the workspace says nothing"
        if is_default
        else f"the workspace allows {most} in one run"
    )
    return Refused(f"the plan has {number} to {told}, and {limit}", way_out(word, number))


def way_out(word: str, number: int) -> str:
    """Return what lets a plan pass: the flag for this run, and the line of the workspace for every run."""
    return f"`--allow {word}={number}` lets it pass this once; `limits: {{{word}: {number}}}` in reconciler.yaml always"


def removed(plan: Plan) -> set[Key]:
    """Return what the plan takes away: what it deletes, and the incidents that it closes and forgets."""
    forgotten = {change.key for change in plan.changes if isinstance(change, Forget)}
    return {
        change.key
        for change in plan.changes
        if isinstance(change, Delete) or (isinstance(change, Edit) and change.key in forgotten)
    }
