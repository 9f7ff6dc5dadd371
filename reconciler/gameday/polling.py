"""What may be asked of the API while a run is watched: the allowance, and whose turn it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RATE = 1.0
"""Requests a second, of real time at speed 1 and of script time else, however much is expected."""
LIST_EVERY = 5.0
"""Real seconds between two reads of the list of incidents while something is expected of them."""
IDLE_EVERY = 15.0
"""The same while nothing is: for whoever follows the run on a screen."""
LIST_AT_LEAST = 30.0
"""The list is read after so many seconds even if windows end meanwhile: it is what tells of everything else."""
AGAIN_AFTER = 60.0
"""Real seconds after which an incident is looked at although the list shows nothing new of it."""
NOTE_EVERY = 10.0
"""Seconds of script time at least between two notes in the journal that somebody watches."""
SHORT = 60.0
"""Real seconds for which nobody may watch, however short `catch_up` is: the account still tells what was done."""


def pace(speed: float) -> float:
    """Return how many seconds of script time one of these is, at a speed other than 1 too."""
    return max(1.0, speed / 10)


def longest_gap(catch_up: float, speed: float) -> float:
    """Return for how many seconds of script time nobody may watch a window that is to count as watched.

    Nobody watches while nobody runs the script, and while the API is away. How often it is polled makes no gap.
    """
    return max(catch_up, SHORT if speed == 1 else max(LIST_EVERY * pace(speed), 2 * NOTE_EVERY))


class Allowance:
    """At most `RATE` requests a second since it began; saved up to `most` at once, where the clock jumps."""

    def __init__(self, now: float, most: float = 1.0) -> None:
        self._left, self._now, self._most = 1.0, now, most

    def has_one(self, now: float) -> bool:
        """Tell whether a request may leave now."""
        if now > self._now:
            self._left = min(self._left + (now - self._now) * RATE, self._most)
        self._now = now
        return self._left >= 1.0

    def spend(self) -> None:
        """Note that a request leaves."""
        self._left -= 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """An incident that may be looked at: when the window of it ends that matters next, and what is known of it.

    `is_over` says that this window's end was reached and not looked at yet.
    """

    incident: str
    end: float
    looked: float
    is_over: bool
    is_changed: bool


def next_turn(turns: Iterable[Turn], at: float, again_after: float) -> Turn | None:
    """Return whose turn it is: windows that have ended first, then what has changed, then what nobody looked at long.

    Of those alike, the one whose window ends first; of these, the one that was looked at longest ago.
    """

    def order(turn: Turn) -> tuple[bool, bool, float, float]:
        by_age = not (turn.is_over or turn.is_changed)
        return (not turn.is_over, by_age, turn.looked if by_age else turn.end, turn.looked)

    wanted = [turn for turn in turns if turn.is_over or turn.is_changed or at - turn.looked >= again_after]
    return min(wanted, key=order, default=None)
