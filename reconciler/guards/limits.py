"""Does a plan do more at once than one run may? Counts, and a share of all that is managed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.diff.updates import MOVES
from reconciler.errors import Refused
from reconciler.model import Delete, Edit, Forget, Post

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.guards.allowance import Allowance
    from reconciler.model import Key, Plan

FLOOR = 5
"""So many creates and edits are always allowed by a limit in percent, which would protect nobody with five severities.

Removals never are: a small workspace can be taken away whole as well.
"""


def vetoes(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> Iterator[Refused]:
    """Yield a refusal for each count, and for the share, that is over what is allowed."""
    del declared
    edits = plan.summary["edit"] + len(moved(plan))
    counts = {"create": plan.summary["create"], "edit": edits, "delete": len(removed(plan))}
    for word, number in counts.items():
        most = allowed.limits.get(word)
        if most is not None and number > most:
            told = "delete, or to close as no longer declared" if word == "delete" else word
            yield Refused(f"the plan has {number} to {told}, and {_limit(word, allowed)}", way_out(word, number))
    yield from _share(plan, allowed)
    yield from _everything(plan, allowed)


def _share(plan: Plan, allowed: Allowance) -> Iterator[Refused]:
    number = sum(plan.summary[word] for word in ("create", "edit", "delete")) + len(moved(plan))
    most, managed = allowed.limits.get("percent"), max(plan.managed, plan.resources, number)
    does, spared = "changes", ""
    if number <= FLOOR:
        number, does, spared = len(removed(plan)), "takes away", f"; {FLOOR} creates and edits always pass"
    # In whole numbers: a share is over its limit by one resource, never by a rounding.
    if most is not None and 100 * number > most * managed:
        share = -(-100 * number // managed)
        told = f"the plan {does} {number} of {managed} resources ({share} %), and {_limit('percent', allowed, ' %')}"
        yield Refused(told + spared, way_out("percent", share))


def _everything(plan: Plan, allowed: Allowance) -> Iterator[Refused]:
    """Refuse to take all away where no manifest is left, which a folder that is not there looks like as well."""
    going = {change.key for change in plan.changes if isinstance(change, Delete | Forget)}
    if going and not plan.resources and "delete" not in allowed.by_flag:
        told = f"no manifest is left, and the plan takes away or forgets {_part(len(going), plan.managed)}"
        yield Refused(told, f"is it the right folder? `--allow delete={len(going)}` lets it pass this once")


def _part(number: int, managed: int) -> str:
    if number < managed:
        return f"{number} of {managed} resources"
    return "1 resource, which is all there is" if number == 1 else f"{number} resources, which is all there are"


def _limit(word: str, allowed: Allowance, unit: str = "") -> str:
    most = allowed.limits[word]
    if word in allowed.by_flag:
        return f"`--allow {word}={most}` allows {most}{unit} in this run"
    if word in allowed.by_default:
        return f"{most} are allowed in one run where the workspace says nothing"
    return f"the workspace allows {most}{unit} in one run"


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


def moved(plan: Plan) -> set[Key]:
    """Return the incidents that exist and that an update brings elsewhere, without an edit: that counts as one."""
    edited = {change.key for change in plan.changes if isinstance(change, Edit)}
    return {
        change.key.parent
        for change in plan.changes
        if isinstance(change, Post) and change.key.parent in plan.live and change.key.parent not in edited
        for path in MOVES
        if path in change.sent and change.sent[path] != plan.live[change.key.parent].leaves.get(path)
    }
