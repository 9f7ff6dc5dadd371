"""One object with its changes as they were shown, and a plan made just now, in; whether it is as it was out. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.model import Adopt, Create, Delete, Edit, Forget, Leaf, Post, Topic, step
from reconciler.planfile import resting
from reconciler.planfile.sameness import as_planned, essence
from reconciler.secrecy.private import veiled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.model import Change, Key, Notice, Plan, Refusal, Step

LEFT_TO_PEOPLE = {Topic.KEPT, Topic.FINISHED, Topic.PAUSED, Topic.TRIAGE}
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
class Known:
    """What state has: the ID of each object, and which of them, and of their children, it made itself."""

    ids: Mapping[Key, str] = field(default_factory=dict)
    made: frozenset[Key] = frozenset()


def by_object(changes: Iterable[Change]) -> dict[Key, list[Change]]:
    """Return changes by the object that they are of, in their order."""
    found: dict[Key, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.key.parent].append(change)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Today:
    """The plan that was made just now, by object, and what state has.

    All but `plan`, `steps` and `known` is as it would have been shown then.
    """

    plan: Plan
    steps: Mapping[Step, Change]
    changes: Mapping[Key, list[Change]]
    refusals: Mapping[Key, Refusal]
    notices: Mapping[Key, list[Notice]]
    known: Known

    @classmethod
    def of(cls, shown: Shown, fresh: Plan, known: Known) -> Today:
        """Sort a plan by object. A notice that was shown is no news, and left out."""
        seen = as_planned(fresh, shown.plan, known.ids)
        seen = veiled(seen, shown.salt) if shown.is_veiled else seen
        told = set(map(_news, shown.plan.notices))
        notices: dict[Key, list[Notice]] = defaultdict(list)
        for one in seen.notices:
            if one.topic in LEFT_TO_PEOPLE and _news(one) not in told:
                notices[one.key.parent].append(one)
        steps = {step(change): change for change in fresh.changes}
        refusals = {one.key.parent: one for one in seen.refusals}
        return cls(fresh, steps, by_object(seen.changes), refusals, notices, known)


def _news(notice: Notice) -> tuple[Any, ...]:
    """Return what makes a notice news: where people brought a field, whoever asks for something else there."""
    moved = notice.moved
    return (notice.topic, notice.key.parent, *((moved.path, str(moved.live)) if moved else (notice.message,)))


@dataclass(frozen=True, slots=True)
class Object:
    """One object with its changes as they were shown."""

    shown: Shown
    today: Today
    then: list[Change]

    @property
    def key(self) -> Key:
        """Return which object it is."""
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
        if lost := self._lost():
            return f"changed since: {lost}"
        moved = self._moved()
        if (not moved and list(map(essence, self.then)) == list(map(essence, self.now))) or self._is_left_over():
            return ""
        return self._made() or (f"changed since: {', '.join(moved)}" if moved else self._asked_otherwise())

    def _is_left_over(self) -> bool:
        """Return whether what is left is as it was shown, and the rest of that is done by now."""
        then, now = ({step(one): essence(one) for one in changes} for changes in (self.then, self.now))
        done = [change for change in self.then if step(change) not in now]
        kept = [change for change in self.then if step(change) in now]
        if not (done and all(map(self._is_done, done))) or any(self._moved_beside(change, done) for change in kept):
            return False
        # What is gone is not deleted any more, only forgotten: nothing is sent for that.
        is_gone = any(isinstance(change, Delete) for change in done)
        return all(then.get(name) == one or (is_gone and isinstance(one, Forget)) for name, one in now.items())

    def _is_done(self, change: Change) -> bool:
        live = self.today.plan.live.get(change.key)
        match change:
            case Edit():
                leaves = live.leaves if live else {}
                return all(leaves.get(path, Leaf(None)).value == leaf.value for path, leaf in change.sent.items())
            case Delete():
                return live is None
            case Create() | Post():
                return change.key in self.today.known.made
            case _:
                return False

    def _moved_beside(self, change: Change, done: list[Change]) -> set[str]:
        """Return which of the things that a change rests on were changed, other than by what is done of the plan.

        What a step that is done sent, the next plan compares: it moves nothing that people changed since.
        """
        if any(isinstance(one, Create) and not one.key.child for one in done):
            return set()
        sent = [item for one in done if isinstance(one, Edit | Post) for item in one.sent.items()]
        ours = {resting.name(path, leaf) for path, leaf in sent}
        posted = {self.today.known.ids[one.key] for one in done if isinstance(one, Post)}
        return set(self._moved_of(change, posted)) - ours

    def _lost(self) -> str:
        """Return that what was to be adopted is not taken for it any more."""
        adopted = next((change for change in self.then if isinstance(change, Adopt)), None)
        if adopted is None or self.key not in self.today.plan.absent:
            return ""
        return f"{adopted.live.reference} is not found any more: people may have renamed it"

    def _made(self) -> str:
        """Return that it was to be made, and is there."""
        if not any(isinstance(change, Create) and not change.key.child for change in self.then):
            return ""
        adopted = next((change.live for change in self.now if isinstance(change, Adopt)), None)
        found = self.today.plan.live.get(self.key, adopted)
        return f"it is there by now, as {found.reference or found.id}, and not as planned" if found else ""

    def _moved(self) -> list[str]:
        """Return which of the things that the changes rest on were changed, with what they are by now."""
        told = {name: self._told(change, name) for change in self.then for name in self._moved_of(change)}
        return list(told.values())

    def _moved_of(self, change: Change, posted: Collection[str] = ()) -> list[str]:
        """Return what a change rests on and is not as it was; updates that were `posted` since do not count."""
        plan = self.today.plan
        if posted:
            told = tuple(one for one in plan.timelines.get(self.key, ()) if one not in posted)
            plan = replace(plan, timelines={**plan.timelines, self.key: told})
        rested = self.shown.rests_on.get(str(step(change)), {})
        now = resting.of(self.today.steps.get(step(change), change), plan, self.shown.salt)
        return resting.moved(rested, now)

    def _told(self, change: Change, name: str) -> str:
        live = self.today.plan.live.get(change.key)
        if name == resting.TIMELINE:
            return "updates were posted meanwhile"
        if name == resting.IDENTITY:
            return "it is another object"
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
