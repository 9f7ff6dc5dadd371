"""A plan that was shown, and one made just now, in; what of the first still holds out, object by object. Pure.

An object is as it was: its changes go. Nothing of them is left to do: it is as planned already. Anything else: it is
*stale*, and with it what comes after it; the rest goes on. What goes is the new plan's change, once it is equal to
the one that was shown: so a text that a file must not hold comes from the manifest, and matches its digest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model import Notice, Post, Refusal, Topic, Why, step
from reconciler.planfile.content import PLAN_AGAIN
from reconciler.planfile.narrowing import narrowed
from reconciler.planfile.object import Object, Shown, Today, by_object

if TYPE_CHECKING:
    from reconciler.model import Change, Key, Plan, Step
from reconciler.planfile.object import Known


@dataclass(frozen=True, slots=True)
class Held:
    """What still holds of a plan: `plan` has what goes, and among its refusals those of what is `stale`.

    `already` are the objects with nothing left to do, `beyond` the changes that nobody was shown.
    """

    plan: Plan
    stale: tuple[Refusal, ...] = ()
    already: tuple[Notice, ...] = ()
    beyond: tuple[Step, ...] = ()


def hold(shown: Shown, fresh: Plan, known: Known, hint: str = PLAN_AGAIN) -> Held:
    """Return what of a plan that was shown still holds, told by one that was made just now.

    `known` is what state has; `hint` is what to do about what is stale.
    """
    fresh, more = narrowed(fresh, shown.plan)
    then, now = by_object(shown.plan.changes), by_object(fresh.changes)
    today = Today.of(shown, fresh, known)
    stale: dict[Key, str] = {}
    for key, changes in then.items():
        if reason := Object(shown, today, changes).why_stale():
            stale[key] = reason
    _add_dependents(stale, shown.plan, fresh)
    goes = {key for key in then if key not in stale and key in now}
    dropped = {key for key in now if key not in goes} | set(stale)
    # Planning again is refused as well, as long as people are at it: what lets that pass is the hint.
    hints = {one.key: one.hint for one in fresh.refusals if one.why is Why.TOUCHED}
    refusals = [
        Refusal(Why.STALE, key, then[key][0].source, told, hints.get(key, hint))
        for key, told in sorted(stale.items(), key=_first)
    ]
    already = [
        Notice(Topic.ALREADY, key, _left(changes), changes[0].source)
        for key, changes in then.items()
        if key not in stale and key not in now
    ]
    plan = replace(
        fresh,
        changes=tuple(change for change in fresh.changes if change.key.parent in goes),
        refusals=(*shown.plan.refusals, *refusals),
        notices=shown.plan.notices,
        who_will_notice=shown.plan.who_will_notice,
        observed={key: one for key, one in fresh.observed.items() if key.parent not in dropped},
        renames=tuple(one for one in fresh.renames if one.new not in dropped),
        revived={key: one for key, one in fresh.revived.items() if key not in dropped},
    )
    beyond = [step(change) for key, changes in now.items() if key not in then for change in changes]
    beyond += [name for name in more if name.key.parent in goes]
    return Held(plan, tuple(refusals), tuple(already), tuple(beyond))


def _left(changes: list[Change]) -> str:
    """Return that nothing is left of changes, with the updates that somebody posted meanwhile."""
    posted = [f"`{one.key.child[1]}`" for one in changes if isinstance(one, Post)]
    told = f": {' and '.join(posted)} {'are' if len(posted) > 1 else 'is'} posted by now" if posted else ""
    return f"nothing is left to do{told}"


def _first(pair: tuple[Key, str]) -> Key:
    return pair[0]


def _add_dependents(stale: dict[Key, str], then: Plan, fresh: Plan) -> None:
    """Add the objects whose changes come after some of a stale one, or after what nobody was shown."""
    shown = {step(change) for change in then.changes}
    settled = False
    while not settled:
        settled = True
        for change in (*then.changes, *fresh.changes):
            key = change.key.parent
            if key in stale or step(change) not in shown:
                continue
            before = next((one for one in change.after if one.key.parent in stale or one not in shown), None)
            if before is not None:
                told = "which is stale" if before.key.parent in stale else "which this plan does not have"
                stale[key] = f"it comes after `{before}`, {told}"
                settled = False
