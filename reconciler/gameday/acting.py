"""Steps that are due together → one plan, applied → what became of each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from reconciler import kinds, reconcile
from reconciler.errors import Exit, Invalid, Refused
from reconciler.gameday.closing import closes, only
from reconciler.gameday.events import State
from reconciler.gameday.fates import Told, fate, over
from reconciler.gameday.script import Close, Declare, Set
from reconciler.gameday.unfolding import key_of, manifests, named, narrowed
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.spec import Drift
from reconciler.model import Failed
from reconciler.reconcile import Loaded
from reconciler.state import neighbours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.api import Client, Remembering
    from reconciler.gameday.script import GameDay, Step
    from reconciler.guards import Allowance
    from reconciler.model import Outcome, Plan
    from reconciler.state import Memory, Store
    from reconciler.workspace import Workspace

Begin = Callable[["Sequence[Step]"], None]

__all__ = ["Acting", "Told", "batches"]

CONFIGURATION = frozenset(
    {"/v1/identity", "/v2/workflows"}
    | {kinds.listing(name).path for name in (*kinds.KINDS, *kinds.LISTINGS) if name != INCIDENT.name}
)
"""What is read once and then remembered: a step that is due has no time to read the whole account again."""


def allowance(workspace: Workspace) -> Allowance:
    """Return what a run may do: its numbers were shown and agreed to before it began, and its own it may close."""
    return replace(workspace.allow, limits={"quiet_minutes": 0}, modes=None, touched=True)


@dataclass(slots=True)
class Acting:
    """Carries out steps; `workspace` is that of the run, `dated` tells when a timeline item happened.

    `since` is when the run began, in Unix time: what is older is nothing that it made.
    """

    day: GameDay
    workspace: Workspace
    client: Client
    store: Store
    run_id: str
    dated: Callable[[Step], str]
    since: float = 0.0
    sleep: Callable[[float], None] | None = None
    memory: Memory = field(init=False)
    incidents: Mapping[str, str] = field(init=False)
    """The IDs of the incidents that the run declared, by their names in the script."""
    reader: Remembering = field(init=False)

    def __post_init__(self) -> None:
        self.reader = self.client.remembering(CONFIGURATION.__contains__)
        self._remember()

    def _remember(self) -> None:
        self.memory = self.store.read()
        records = self.memory.state.records.items()
        self.incidents = {key.name: one.id for key, one in records if key.kind == INCIDENT.name and not key.child}

    def carry_out(
        self, steps: Sequence[Step], applied: Sequence[Step], begin: Begin, *, again: bool = False
    ) -> Iterator[Told]:
        """Carry out a batch of steps; `begin` is called with those that are about to be written.

        With `again` an earlier try may have written what they name already: what people changed since stays theirs.
        Raises `ApiError` where the account cannot be read or refuses the key, `LeaseLost`, and `Refused` where what
        is done cannot be noted.
        """
        if isinstance(steps[0].deed, Close):
            yield from self._close(steps, begin)
            return
        try:
            loaded, plan = self._planned(steps, applied, again=again)
        except Invalid as error:
            yield from self._one_by_one(steps, applied, begin, error, again=again)
            return
        late = [told for step in steps if (told := over(step, plan))]
        if late:
            yield from late
            over_by_now = {told.step.id for told in late}
            rest = [step for step in steps if step.id not in over_by_now]
            if rest:
                yield from self.carry_out(rest, applied, begin, again=again)
            return
        try:
            reconcile.check(plan, loaded)
        except Refused as error:
            yield from (Told(step, State.FAILED, str(error)) for step in steps)
            return
        outcomes = self._applied(plan, steps, begin, loaded.workspace)
        for step in steps:
            yield fate(step, plan, outcomes, self.memory)

    def _planned(self, steps: Sequence[Step], applied: Sequence[Step], *, again: bool) -> tuple[Loaded, Plan]:
        """Return what steps come to after those that were applied: GETs only."""
        # People may have changed what an earlier try wrote; only what it did not write is written over.
        careful = again and not isinstance(steps[0].deed, Declare)
        loaded = self._loaded(steps, applied, frozenset() if careful else named(steps))
        plan = self._plan(loaded)
        if careful and plan.refusals:
            loaded = self._loaded(steps, applied, named(steps))
            plan = self._plan(loaded)
        return loaded, plan

    def _loaded(self, steps: Sequence[Step], applied: Sequence[Step], written: Iterable[str]) -> Loaded:
        groups = _by_incident(steps)
        before = (one for one in applied if one.incident in groups)
        whole = manifests(self.day, [*before, *steps], self.run_id, self.dated)
        batch = []
        for name, group in groups.items():
            if isinstance(group[0].deed, Declare):
                batch.append(whole[name])
            else:
                batch.append(narrowed(whole[name], group, lambda key: key in self.memory.state.records))
        policies = dict.fromkeys(written, Drift.OVERWRITE.value) | {"*": Drift.KEEP.value}
        workspace = replace(self.workspace, policies={INCIDENT.name: policies})
        return Loaded(workspace, tuple(batch), 1, is_whole=False, allowed=allowance(self.workspace))

    def _plan(self, loaded: Loaded) -> Plan:
        keys = {one.key for one in loaded.manifests}
        plan = reconcile.plan(loaded, self.reader, only(self.memory, keys))
        # What a batch does not name is no less stated than before.
        return replace(plan, observed={key: replace(seen, forgotten=()) for key, seen in plan.observed.items()})

    def _one_by_one(
        self, steps: Sequence[Step], applied: Sequence[Step], begin: Begin, error: Invalid, *, again: bool
    ) -> Iterator[Told]:
        """Carry out each incident's steps by themselves, as some name what the account does not know."""
        self.forget()
        groups = list(_by_incident(steps).values())
        if len(groups) > 1:
            for group in groups:
                yield from self.carry_out(group, applied, begin, again=again)
        else:
            told = "; ".join(one.message for one in error.problems)
            yield from (Told(step, State.FAILED, told) for step in steps)

    def _close(self, steps: Sequence[Step], begin: Begin) -> Iterator[Told]:
        keys = [key_of(step.incident) for step in steps]
        plan = closes(self.workspace, self.reader, self.memory, keys)
        outcomes = self._applied(plan, steps, begin, self.workspace)
        for step in steps:
            yield fate(step, plan, outcomes, self.memory)

    def _applied(self, plan: Plan, steps: Sequence[Step], begin: Begin, workspace: Workspace) -> list[Outcome]:
        """Carry out a plan; where it changes nothing, what it saw is noted all the same."""
        if not (plan.changes or plan.observed):
            return []
        if plan.changes:
            begin(steps)
        try:
            outcomes = list(
                reconcile.apply(
                    plan,
                    self.client,
                    self.store,
                    memory=self.memory,
                    base_url=workspace.base_url,
                    policy=workspace.drift,
                    since=self.since,
                    sleep=self.sleep,
                    beside=partial(neighbours, self.workspace),
                )
            )
        finally:
            self._remember()
        if any(isinstance(one, Failed) for one in outcomes):
            self.forget()
            self._check_key(outcomes)
        self.store.require_lock()
        return outcomes

    def _check_key(self, outcomes: Iterable[Outcome]) -> None:
        """Raise `Unauthorised` where that is why something failed."""
        if any(isinstance(one, Failed) and one.exit_code == Exit.KEY for one in outcomes):
            self.client.get("/v1/identity")

    def forget(self) -> None:
        """Read the account's configuration anew before the next step."""
        self.reader.forget()


def _by_incident(steps: Iterable[Step]) -> dict[str, list[Step]]:
    groups: dict[str, list[Step]] = {}
    for step in steps:
        groups.setdefault(step.incident, []).append(step)
    return groups


def batches(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """Yield runs of steps that can be planned as one: one after another, alike, naming the same fields. Pure."""
    for _, group in groupby(steps, key=lambda step: (type(step.deed), named([step]))):
        alike = list(group)
        if not isinstance(alike[0].deed, Set):
            yield alike
            continue
        # Of two that write one field of one incident, the first is to be seen as well.
        batch: list[Step] = []
        for step in alike:
            if step.incident in {one.incident for one in batch}:
                yield batch
                batch = []
            batch.append(step)
        yield batch
