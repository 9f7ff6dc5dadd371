"""A game day → when each of its steps and acts is due, in order. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Invalid, Problem
from reconciler.gameday.script import Timetable
from reconciler.gameday.spans import written
from reconciler.nearest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.gameday.script import Act, GameDay, Step

LONGEST = 7 * 24 * 3600.0
"""Seconds after which nothing of a game day is due any more: a run is watched by somebody."""


def timetable(day: GameDay) -> Timetable:
    """Return when everything is due; of what is due at once, what is written first goes first.

    Raises `Invalid` for steps that wait for each other, and for an `after` that no step has the ID of.
    """
    if found := list(problems(day)):
        raise Invalid(found)
    return known(day)


def known(day: GameDay) -> Timetable:
    """Return when everything is due of which that can be told; the rest is left out."""
    due = _due(day)
    steps = [(due[one.id], one) for one in _followed(day) if one.id in due]
    acts = [(found, act) for act in day.cast if (found := _moment(act, due)) is not None]
    # Sorting keeps what is due at once as it was.
    return Timetable(tuple(sorted(steps, key=lambda pair: pair[0])), tuple(sorted(acts, key=lambda pair: pair[0])))


def _followed(day: GameDay) -> Iterator[Step]:
    """Yield the steps as they are written, but none before the one that it is counted from."""
    known = {step.id for step in day.steps}
    told: set[str] = set()
    waiting: dict[str, list[Step]] = {}
    for step in day.steps:
        ready = [step]
        while ready:
            one = ready.pop()
            if one.when.after in known and one.when.after not in told:
                waiting.setdefault(one.when.after, []).append(one)
            else:
                told.add(one.id)
                ready += reversed(waiting.pop(one.id, []))
                yield one


def problems(day: GameDay) -> Iterator[Problem]:
    """Yield what is due after no step, or after itself, or later than a game day lasts."""
    due, ids = _due(day), [step.id for step in day.steps]
    for one in day.doings:
        after = one.when.after
        if after and after not in ids:
            told = f"no step has the ID `{after}`{did_you_mean(after, ids)}"
            yield Problem(day.at(one, "after"), told, f"the steps are {listed(ids)}")
    circles = {min(circle, key=ids.index): circle for circle in _circles(day)}
    for step in day.steps:
        if step.id in circles:
            way = " → ".join(f"`{one}`" for one in (*circles[step.id], circles[step.id][0]))
            yield Problem(day.at(step, "after"), f"these steps wait for each other: {way}", "say `at` for one of them")
    for one in day.doings:
        at = _moment(one, due)
        if at is not None and at > LONGEST:
            told = f"this is due after {written(at)}, and a game day lasts {written(LONGEST)} at most"
            yield Problem(day.at(one, "after" if one.when.after else "at"), told)


def _moment(one: Step | Act, due: Mapping[str, float]) -> float | None:
    """Return when something is due; None where it waits for what never is."""
    if one.when.after and one.when.after not in due:
        return None
    return due.get(one.when.after, 0.0) + one.when.offset


def _due(day: GameDay) -> dict[str, float]:
    """Return when each step is due of which that can be told: those that wait for each other are left out."""
    due: dict[str, float] = {}
    waiting = list(day.steps)
    while waiting:
        ready = [step for step in waiting if not step.when.after or step.when.after in due]
        if not ready:
            break
        due |= {step.id: due.get(step.when.after, 0.0) + step.when.offset for step in ready}
        waiting = [step for step in waiting if step.id not in due]
    return due


def _circles(day: GameDay) -> Iterator[tuple[str, ...]]:
    """Yield the steps that wait for each other, each circle once, in the order in which they wait."""
    after = {step.id: step.when.after for step in day.steps}
    seen: set[str] = set()
    for first in after:
        way: list[str] = []
        one = first
        while one in after and one not in seen:
            seen.add(one)
            way.append(one)
            one = after[one]
        if one in way:
            yield tuple(way[way.index(one) :])
