"""The reports of two runs of one game day in; what became better and what worse out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.gameday.events import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.report import Report

SAME = 1.0
"""Seconds of script time by which two times may differ and are the same."""


class Turn(StrEnum):
    """How a run compares with an earlier one."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something measured in both runs: the score, from 0 to 1, or seconds; None where a run has none."""

    what: str
    incident: str
    earlier: float | None
    now: float | None
    turn: Turn


@dataclass(frozen=True, slots=True)
class Turned:
    """An expectation of which something else came than in the earlier run; None where it was not expected there."""

    step: str
    incident: str
    text: str
    earlier: Verdict | None
    now: Verdict | None
    turn: Turn | None
    """None where the two say nothing about how people answered: it was not observed in one of them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside an earlier one."""

    run: str
    began: float
    is_same_script: bool
    score: Difference | None
    """None where one of the two has no score."""
    times: tuple[Difference, ...] = ()
    turned: tuple[Turned, ...] = ()

    def count(self, turn: Turn) -> int:
        """Return how many times became so."""
        return sum(one.turn is turn for one in self.times)


def compared(earlier: Report, now: Report) -> Comparison:
    """Return how a run compares with an earlier one."""
    before, after = earlier.score.share, now.score.share
    score = None
    if before is not None and after is not None:
        score = Difference("score", "", before, after, _turn(after - before, 0.0))
    is_same_script = earlier.digest == now.digest
    return Comparison(
        earlier.run, earlier.began, is_same_script, score, tuple(_times(earlier, now)), tuple(_turned(earlier, now))
    )


def _times(earlier: Report, now: Report) -> Iterator[Difference]:
    before = {one.name: one for one in earlier.incidents if one.declared is not None}
    for one in now.incidents:
        if one.declared is None or one.name not in before:
            continue
        for what, took in one.times.items():
            took_then = before[one.name].times[what]
            if took is None and took_then is None:
                continue
            if took is None or took_then is None:
                turn = Turn.WORSE if took is None else Turn.BETTER
            else:
                turn = _turn(took_then - took, SAME)
            yield Difference(what, one.name, took_then, took, turn)


def _turned(earlier: Report, now: Report) -> Iterator[Turned]:
    before = {one.step: one.verdict for one in earlier.expectations}
    for one in now.expectations:
        then = before.get(one.step)
        if one.step not in before or then is one.verdict:
            continue
        turn = None
        if {then, one.verdict} == {Verdict.HELD, Verdict.FAILED}:
            turn = Turn.BETTER if one.verdict is Verdict.HELD else Turn.WORSE
        yield Turned(one.step, one.incident, one.text, then, one.verdict, turn)


def _turn(gain: float, tolerance: float) -> Turn:
    if abs(gain) <= tolerance:
        return Turn.SAME
    return Turn.BETTER if gain > 0 else Turn.WORSE
