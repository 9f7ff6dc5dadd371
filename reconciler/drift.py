"""A plan and what is remembered in, what changed outside since our last apply out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model import Fate, Topic, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import Drifted, Key, Live, Plan, Refusal
    from reconciler.state.memory import Memory


@dataclass(frozen=True, slots=True)
class Report:
    """What others did to what is managed. `recorded` are how many of the `resources` were ever applied.

    `undeclared` are how many more are remembered and have no manifest any more; where nothing is recorded of what was
    selected, `others` are remembered. `lost` are those that the account does not show any more, `unjudged` those
    that nobody can say of which object they are; `finished` and `paused` what to do about incidents that others brought
    further than their manifest, or paused.
    """

    workspace: str
    organisation: str
    files: int
    resources: int
    recorded: int
    fields: tuple[Drifted, ...] = ()
    lost: tuple[Refusal, ...] = ()
    unjudged: tuple[Refusal, ...] = ()
    finished: Mapping[Key, str] = field(default_factory=dict)
    paused: Mapping[Key, str] = field(default_factory=dict)
    live: Mapping[Key, Live] = field(default_factory=dict)
    not_looked_up: int = 0
    undeclared: int = 0
    others: int = 0
    hint: str = "`reconciler apply` records what it leaves"
    """What to do where nothing is recorded yet."""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing changed outside, and all that is managed was looked at."""
        return not (self.fields or self.lost or self.unjudged)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the resources of which something changed, in the order of the manifests."""
        return tuple(dict.fromkeys(one.key.parent for one in self.fields))

    def of(self, key: Key) -> list[Drifted]:
        """Return what changed of one resource: its own fields, then its children."""
        return sorted((one for one in self.fields if one.key.parent == key), key=lambda one: bool(one.key.child))

    @property
    def hints(self) -> dict[Key, str]:
        """Return what to do about incidents whose status stays where others brought it."""
        return {**self.finished, **self.paused}

    @property
    def summary(self) -> dict[str, int]:
        """Return how many fields changed, what the next apply does with them, and how many are gone or not judged."""
        fates = [one.fate for one in self.fields]
        return {
            "fields": len(self.fields),
            "resources": len(self.keys),
            **{fate.value: fates.count(fate) for fate in Fate},
            "finished": len(self.finished),
            "paused": len(self.paused),
            "out_of_sight": len(self.lost),
            "not_judged": len(self.unjudged),
        }


def of(plan: Plan, memory: Memory, undeclared: int = 0) -> Report:
    """Return what of a plan is drift: what its manifests changed, and what was never applied, is none."""
    known = {(one.key, one.path) for one in plan.drifted}
    brought = [one for one in plan.notices if one.topic in {Topic.FINISHED, Topic.PAUSED} and memory.record(one.key)]
    more = [one.moved for one in brought if one.moved and (one.moved.key, one.moved.path) not in known]
    left_alone = [one for one in plan.refusals if memory.record(one.key)]
    return Report(
        workspace=plan.workspace,
        organisation=plan.organisation,
        files=plan.files,
        resources=plan.resources,
        recorded=plan.resources - len(set(_unrecorded(plan, memory))),
        fields=(*plan.drifted, *more),
        lost=tuple(one for one in left_alone if one.why is Why.OUT_OF_SIGHT),
        unjudged=tuple(one for one in left_alone if one.why is not Why.OUT_OF_SIGHT and one.key not in plan.live),
        finished={one.key: one.hint for one in brought if one.topic is Topic.FINISHED},
        paused={one.key: one.hint for one in brought if one.topic is Topic.PAUSED},
        live=plan.live,
        not_looked_up=plan.not_looked_up,
        undeclared=undeclared,
    )


def _unrecorded(plan: Plan, memory: Memory) -> Iterator[Key]:
    keys = (*plan.unchanged, *(one.key.parent for one in plan.changes), *(one.key for one in plan.refusals))
    yield from (key for key in keys if memory.record(key) is None)
