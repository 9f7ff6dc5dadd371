"""A timetable and the plan of all that it comes to → what the host sees before saying yes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.gameday.script import Assign, Close, Declare, Expect, Pause, Set, Timetable
from reconciler.gameday.words import planned, told, verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.gameday.events import Planned
    from reconciler.gameday.script import GameDay, Step
    from reconciler.model import Plan


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timetable: what is due from `at` to `until` (the same, but for a group), `number` times."""

    at: float
    until: float
    verb: str
    text: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run will do: when, to whom, for how long, and with how many requests; times are script time."""

    run_id: str
    gameday: str
    title: str
    workspace: str
    organisation: str
    entries: tuple[Entry, ...]
    steps: tuple[Planned, ...]
    incidents: int
    end: float
    speed: float
    is_cut: bool
    """Whether the script goes on behind `end`."""
    pauses: int
    acts: int
    """How many things simulated people do."""
    who_will_notice: tuple[str, ...]
    writes: int
    """The most requests that write, cleanup included."""
    watched: float
    """Seconds in which something is expected: at most one request is made in each, to look."""

    @property
    def seconds(self) -> float:
        """Return how long it takes at its speed, pauses and what the host adds left out."""
        return self.end / self.speed


def of(
    day: GameDay, table: Timetable, plan: Plan, run_id: str, *, speed: float = 1.0, until: float | None = None
) -> Preview:
    """Return what a run of a script will do; `plan` is that of all its incidents as they are in the end."""
    end = table.end if until is None else min(until, table.end)
    due = [(at, step) for at, step in table.steps if at <= end]
    private = private_of(day)
    return Preview(
        run_id=run_id,
        gameday=day.name,
        title=day.title,
        workspace=plan.workspace,
        organisation=plan.organisation,
        entries=tuple(entries(day, due)),
        steps=planned(Timetable(tuple(due)), private),
        incidents=sum(isinstance(step.deed, Declare) for _, step in due),
        end=end,
        speed=speed,
        is_cut=end < table.end,
        pauses=sum(isinstance(step.deed, Pause) for _, step in due),
        acts=sum(at <= end for at, _ in table.acts),
        who_will_notice=plan.who_will_notice,
        writes=_writes([step for _, step in due], plan),
        watched=_watched(due, end),
    )


def private_of(day: GameDay) -> frozenset[str]:
    """Return the incidents whose texts are not for everybody."""
    return frozenset(name for name, one in day.incidents.items() if one.spec.get("visibility") == "private")


def entries(day: GameDay, due: Sequence[tuple[float, Step]]) -> list[Entry]:
    """Return a line for each step as it is written: what `for_each` made of one stands on one."""
    found: dict[object, list[tuple[float, Step]]] = {}
    for at, step in due:
        found.setdefault((step.source, verb(step.deed), _group(day, step)), []).append((at, step))
    told_of = [_entry(day, several) for several in found.values()]
    return sorted(told_of, key=lambda one: one.at)


def _group(day: GameDay, step: Step) -> str:
    """Return the group of whose incidents a step is for one; its own ID where it is for none."""
    template = day.incidents.get(step.incident)
    return template.group if template and template.group else step.id


def _entry(day: GameDay, several: Sequence[tuple[float, Step]]) -> Entry:
    (at, first), (until, _) = several[0], several[-1]
    text = told(first.deed, private_of(day))
    if len(several) > 1:
        text = re.sub(rf"\b{re.escape(first.incident)}(?![\w.-])", _group(day, first), text)
    return Entry(at, until, verb(first.deed), text, len(several))


def _writes(steps: Sequence[Step], plan: Plan) -> int:
    """Return the most requests that write: a plan joins what steps send one by one, and cleanup closes the rest."""
    edits = sum(isinstance(step.deed, Set | Assign | Close) for step in steps)
    closed = {step.incident for step in steps if isinstance(step.deed, Close)}
    declared = {step.incident for step in steps if isinstance(step.deed, Declare)}
    return plan.requests + edits + len(declared - closed)


def _watched(due: Iterable[tuple[float, Step]], end: float) -> float:
    """Return for how many seconds at least one window is open."""
    windows = sorted((at, min(at + step.deed.within, end)) for at, step in due if isinstance(step.deed, Expect))
    total, covered = 0.0, 0.0
    for begin, stop in windows:
        total += max(0.0, stop - max(begin, covered))
        covered = max(covered, stop)
    return total
