"""Stage 7: Plan → Outcomes, one by one; the only stage that writes. Independent steps go side by side.

A step that fails takes with it what depends on it and nothing else. When the API is out of reach, when the disk
will not take the journal, or when a signal asks for an end, no further step is begun.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from reconciler.model import Delete, Done, Key, Outcome, Skipped, Step, step

if TYPE_CHECKING:
    from collections.abc import Generator

    from reconciler.model import Change, Plan
    from reconciler.sending import Result, Sender

ALL_ELSE = Step("finish", Key("", ""))
"""Stands for every step that is no delete."""


def apply(plan: Plan, sender: Sender, *, parallelism: int = 10) -> Generator[Outcome, None, bool]:
    """Carry out a plan's changes and yield what became of each, as it happens; `parallelism` is requests at a time.

    Returns whether all of it was done.
    """
    run = _Run(plan)
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="apply") as pool:
        under_way: dict[Future[Result], Change] = {}
        ready: deque[Change] = deque()
        while run.is_active:
            ready.extend(run.ready())
            # One that waited in the pool could not be skipped any more when the run is halted.
            while ready and len(under_way) < parallelism:
                change = ready.popleft()
                if reason := run.reason_to_skip(change):
                    yield run.finish(change, Skipped(change, reason))
                else:
                    under_way[pool.submit(sender.carry_out, change)] = change
            if not under_way:
                continue
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                yield run.take(under_way.pop(future), future.result())
    return run.is_done


class _Run:
    """Which steps are done, and why those that come after some of them cannot be."""

    def __init__(self, plan: Plan) -> None:
        self._changes = {step(change): change for change in plan.changes}
        self._sorter = TopologicalSorter({name: change.after for name, change in self._changes.items()})
        self._hold_deletes()
        self._sorter.prepare()
        self._reasons: dict[Step, str] = {}
        self._halted = ""
        self._undone = 0

    @property
    def is_active(self) -> bool:
        return self._sorter.is_active()

    @property
    def is_done(self) -> bool:
        return not self._undone

    def ready(self) -> list[Change]:
        names = self._sorter.get_ready()
        if ALL_ELSE in names:
            self._sorter.done(ALL_ELSE)
            names = (*names, *self._sorter.get_ready())
        return [self._changes[name] for name in names if name != ALL_ELSE]

    def _hold_deletes(self) -> None:
        """Let deletes wait for all else, whatever becomes of it: only then is nothing left that uses what goes."""
        deletes = [name for name, change in self._changes.items() if isinstance(change, Delete)]
        if deletes:
            self._sorter.add(ALL_ELSE, *(self._changes.keys() - deletes))
            for name in deletes:
                self._sorter.add(name, ALL_ELSE)

    def reason_to_skip(self, change: Change) -> str:
        held = (self._reasons[name] for name in change.after if name in self._reasons)
        return next(held, self._halted)

    def take(self, change: Change, result: Result) -> Outcome:
        self._halted = self._halted or result.halt
        if result.hold:
            self._reasons[step(change)] = result.hold
        return self.finish(change, result.outcome)

    def finish(self, change: Change, outcome: Outcome) -> Outcome:
        name = step(change)
        self._undone += not isinstance(outcome, Done)
        if isinstance(outcome, Skipped):
            self._reasons[name] = outcome.because
        elif not isinstance(outcome, Done):
            self._reasons[name] = f"{name} was not done"
        self._sorter.done(name)
        return outcome
