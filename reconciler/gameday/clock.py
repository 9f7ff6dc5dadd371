"""Events so far and the time of day → what the clock of a run shows, and how it passes.

At speed 1 script time is real time, by the API's clock, pauses taken off: it goes on while nobody runs the script. At
any other speed, in sandboxes alone, it is the runner's own: it stands while something is under way, and while nobody
runs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.state.lease import passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.gameday.events import Event


@dataclass(frozen=True, slots=True)
class Dial:
    """Where the clock stood at an event: script time, Unix time, and whether and how long it stands."""

    at: float = 0.0
    time: float = 0.0
    is_paused: bool = False
    held_until: float = 0.0
    """Unix time."""

    def shows(self, now: float) -> float:
        """Return script time at a Unix time, at speed 1."""
        raise NotImplementedError


def dial_of(events: Iterable[Event]) -> Dial:
    """Return where the clock of a run stands after its events. Pure: `gameday status` tells with it where it is."""
    raise NotImplementedError


class Clock(Protocol):
    """The clock of one run in this process."""

    def at(self) -> float:
        """Return script time."""

    def time(self) -> float:
        """Return Unix time by the API's clock."""

    def real(self, span: float) -> float:
        """Return how many real seconds a span of script time takes."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where real time comes from; a test puts its own in place.

    `passed` are seconds that only go forward, those of sleep included; `now` is Unix time by the API's clock, asked
    once, as this process takes the run up.
    """

    now: Callable[[], float]
    passed: Callable[[], float] = field(default=passed)
