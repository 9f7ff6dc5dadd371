"""A plan that was shown, and one made just now, in; what of the first still holds out, object by object. Pure.

An object is as it was: its changes go. Nothing of them is left to do: it is as planned already. Anything else: it is
*stale*, and with it what comes after it; the rest goes on. What goes is the new plan's change, once it is equal to
the one that was shown: so a text that a file must not hold comes from the manifest, and matches its digest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.model import (
    Adopt,
    Create,
    Edit,
    Leaf,
    Notice,
    Refusal,
    Topic,
    Why,
    step,
)
from reconciler.planfile import resting
from reconciler.planfile.content import PLAN_AGAIN
from reconciler.planfile.sameness import as_planned, essence
from reconciler.private import veiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Change, Key, Plan, Step

LEFT_TO_PEOPLE = {Topic.KEPT, Topic.FINISHED, Topic.TRIAGE}
"""Notices of what a plan does not do although a manifest asks for it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as somebody saw it; `rests_on` as in `resting`. With a `salt` its private texts are digests."""

    plan: Plan
    rests_on: Mapping[str, Mapping[str, str]]
    salt: str = ""
    is_veiled: bool = False

    @classmethod
    def here(cls, plan: Plan) -> Shown:
        """Return a plan that never left this process."""
        return cls(plan, resting.digests(plan, ""))


@dataclass(frozen=True, slots=True)
class Held:
    """What still holds of a plan: `plan` has what goes, and among its refusals those of what is `stale`.

    `already` are the objects with nothing left to do, `beyond` the changes that nobody was shown.
    """

    plan: Plan
    stale: tuple[Refusal, ...] = ()
    already: tuple[Notice, ...] = ()
    beyond: tuple[Step, ...] = ()


def hold(shown: Shown, fresh: Plan, known: Mapping[Key, str], hint: str = PLAN_AGAIN) -> Held:
    """Return what of a plan that was shown still holds, told by one that was made just now.

    `known` are the IDs that state has; `hint` is what to do about what is stale.
    """
    then, now = _by_object(shown.plan.changes), _by_object(fresh.changes)
    today = _Today.of(shown, fresh, known)
    stale: dict[Key, str] = {}
    for key, changes in then.items():
        if reason := _Object(shown, today, changes).why_stale():
            stale[key] = reason
    _add_dependents(stale, shown.plan, fresh)
    goes = {key for key in then if key not in stale and key in now}
    dropped = {key for key in now if key not in goes} | set(stale)
    refusals = [
        Refusal(Why.STALE, key, then[key][0].source, told, hint) for key, told in sorted(stale.items(), key=_first)
    ]
    already = [
        Notice(Topic.ALREADY, key, "nothing is left to do", changes[0].source)
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
    )
    beyond = [step(change) for key, changes in now.items() if key not in then for change in changes]
    return Held(plan, tuple(refusals), tuple(already), tuple(beyond))


def _first(pair: tuple[Key, str]) -> Key:
    return pair[0]


def _by_object(changes: Iterable[Change]) -> dict[Key, list[Change]]:
    found: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.key.parent].append(change)
    return dict(found)


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


@dataclass(frozen=True, slots=True)
class _Today:
    """The plan that was made just now, by object; all but `plan` and `steps` as it would have been shown then."""

    plan: Plan
    steps: Mapping[Step, Change]
    changes: Mapping[Key, list[Change]]
    refusals: Mapping[Key, Refusal]
    notices: Mapping[Key, list[Notice]]

    @classmethod
    def of(cls, shown: Shown, fresh: Plan, known: Mapping[Key, str]) -> _Today:
        """Sort a plan by object. A notice that was shown is no news, and left out."""
        seen = as_planned(fresh, shown.plan, known)
        seen = veiled(seen, shown.salt) if shown.is_veiled else seen
        told = {(one.topic, one.key, one.message) for one in shown.plan.notices}
        notices: dict[Key, list[Notice]] = defaultdict(list)
        for one in seen.notices:
            if one.topic in LEFT_TO_PEOPLE and (one.topic, one.key, one.message) not in told:
                notices[one.key.parent].append(one)
        steps = {step(change): change for change in fresh.changes}
        refusals = {one.key.parent: one for one in seen.refusals}
        return cls(fresh, steps, _by_object(seen.changes), refusals, notices)


@dataclass(frozen=True, slots=True)
class _Object:
    """One object with its changes as they were shown."""

    shown: Shown
    today: _Today
    then: list[Change]

    @property
    def key(self) -> Key:
        return self.then[0].key.parent

    @property
    def now(self) -> list[Change]:
        """Return its changes as they would be shown today."""
        return self.today.changes.get(self.key, [])

    def why_stale(self) -> str:
        """Return what is no longer as it was; nothing where it all is, or where nothing is left to do."""
        if refusal := self.today.refusals.get(self.key):
            return f"it cannot be done any more: {refusal.message}"
        if not self.now:
            news = self.today.notices.get(self.key)
            return f"changed since: {news[0].message}" if news else ""
        moved = self._moved()
        if not moved and list(map(essence, self.then)) == list(map(essence, self.now)):
            return ""
        return self._made() or (f"changed since: {', '.join(moved)}" if moved else self._asked_otherwise())

    def _made(self) -> str:
        """Return that it was to be made, and is there."""
        if not any(isinstance(change, Create) and not change.key.child for change in self.then):
            return ""
        adopted = next((change.live for change in self.now if isinstance(change, Adopt)), None)
        found = self.today.plan.live.get(self.key, adopted)
        return f"it is there by now, as {found.reference or found.id}, and not as planned" if found else ""

    def _moved(self) -> list[str]:
        """Return which of the things that the changes rest on were changed, with what they are by now."""
        told: dict[str, str] = {}
        for change in self.then:
            rested = self.shown.rests_on.get(str(step(change)), {})
            now = resting.of(self.today.steps.get(step(change), change), self.today.plan, self.shown.salt)
            told |= {name: self._told(change, name) for name in resting.moved(rested, now)}
        return list(told.values())

    def _told(self, change: Change, name: str) -> str:
        live = self.today.plan.live.get(change.key)
        if name == resting.TIMELINE:
            return "updates were posted meanwhile"
        if live is None or not isinstance(change, Edit) or self.key in self.today.plan.private:
            return name
        then = next((one.old for one in change.fields if one.name == name), None)
        path = next((path for path, leaf in change.sent.items() if resting.name(path, leaf) == name), None)
        if path is None:
            return "it is another object"
        return f"{name} ({_short(then)} then, {_short(live.leaves.get(path, Leaf(None)).text)} now)"

    def _asked_otherwise(self) -> str:
        then, now = set(map(step, self.then)), set(map(step, self.now))
        news = [str(one) for one in now - then]
        gone = [str(one) for one in then - now]
        told = [f"it takes `{one}` as well" for one in sorted(news)[:1]]
        told += [f"`{one}` is done, or no longer needed" for one in sorted(gone)[:1]]
        return "; ".join(told) or "what is to be sent is no longer what was shown"


def _short(value: Any, most: int = 40) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
