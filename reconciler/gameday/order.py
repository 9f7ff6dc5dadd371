"""The steps of one incident in their order → those that come before it is declared, or after it is closed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.gameday.script import Close, Declare, Expect
from reconciler.gameday.spans import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.gameday.script import GameDay, Step, Timetable

Due = tuple[float, "Step"]


def problems(day: GameDay, own: Sequence[Due]) -> Iterator[Problem]:
    """Yield the steps that are due when there is no such incident; `own` are those of one, which something declares."""
    first = next(due for due in own if isinstance(due[1].deed, Declare))
    declared, closed = False, None
    for at, step in own:
        is_declaring = step is first[1]
        message = hint = ""
        if isinstance(step.deed, Declare) and not is_declaring:
            message = f"`{step.incident}` is declared twice, first by `{first[1].id}` at {written(first[0])}"
            hint = "an incident is declared once in a run: use `for_each` for several alike"
        elif closed and isinstance(step.deed, Close):
            message = f"`{step.incident}` is closed twice, first by `{closed[1].id}` at {written(closed[0])}"
            hint = "take one of them out"
        elif closed:
            message = f"`{step.incident}` is closed by then: {_told(closed)}"
            hint = "let it come before, or the close later"
        elif not (declared or is_declaring) and not _reaches(at, step, first[0]):
            message = f"`{step.incident}` is not declared by then: {_told(first)}"
            hint = "let it come later, or the declare before"
        if message:
            yield Problem(day.at(step), message, hint)
        declared = declared or is_declaring
        closed = closed or ((at, step) if isinstance(step.deed, Close) else None)


def of_cast(day: GameDay, own: Sequence[Due], table: Timetable, incident: str) -> Iterator[Problem]:
    """Yield what simulated people do when there is no such incident."""
    first = next(due for due in own if isinstance(due[1].deed, Declare))
    closed = next((due for due in own if isinstance(due[1].deed, Close)), None)
    for at, act in table.acts:
        if act.incident != incident:
            continue
        if at < first[0]:
            told = f"`{incident}` is not declared by then: {_told(first)}"
            yield Problem(day.at(act), told, "let it come later, or the declare before")
        elif closed and at > closed[0]:
            told = f"`{incident}` is closed by then: {_told(closed)}"
            yield Problem(day.at(act), told, "let it come before, or the close later")


def _reaches(at: float, step: Step, declared: float) -> bool:
    """Tell whether an expectation is open still when its incident is declared."""
    return isinstance(step.deed, Expect) and declared < at + step.deed.within


def _told(due: Due) -> str:
    return f"`{due[1].id}` is due at {written(due[0])}"
