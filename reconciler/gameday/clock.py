"""Events so far and the time of day → what the clock of a run shows, and how it passes.

At speed 1 script time is real time, by the API's clock, pauses taken off: it goes on while nobody runs the script. At
any other speed, in sandboxes alone, it is the runner's own: it stands while something is under way, and while nobody
runs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from reconciler.gameday.events import GoneOn, Held, Paused
from reconciler.state.lease import passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.api import Client
    from reconciler.api.clock import Moment
    from reconciler.gameday.events import Event
    from reconciler.workspace import Workspace

NEARLY = 1e-6
"""Seconds by which a moment may be missed in arithmetic."""


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
        return self.at if self.is_paused else self.at + max(0.0, now - max(self.time, self.held_until))

    def after(self, event: Event) -> Dial:
        """Return the dial as an event leaves it."""
        told = replace(self, at=max(self.at, event.at), time=max(self.time, event.time))
        match event:
            case Paused():
                return replace(told, is_paused=True)
            case GoneOn():
                return replace(told, is_paused=False)
            case Held(seconds=seconds):
                return replace(told, held_until=max(self.held_until, event.time) + seconds)
        return told


def dial_of(events: Iterable[Event]) -> Dial:
    """Return where the clock of a run stands after its events. Pure: `gameday status` tells with it where it is."""
    dial = Dial()
    for event in events:
        dial = dial.after(event)
    return dial


@dataclass(frozen=True, slots=True)
class Sources:
    """Where real time comes from; a test puts its own in place.

    `passed` are seconds that only go forward, those of sleep included; `now` is Unix time by the API's clock, asked
    once, as this process takes the run up.
    """

    now: Callable[[], float]
    passed: Callable[[], float] = field(default=passed)


def likeliest(moment: Moment, near: float | None = None) -> float:
    """Return the Unix time that an account's time stands for: it is told to the second, the rest of it cut off.

    Of a sandbox it is that of this machine's clock (`near`), as far as the two agree: they may be the same clock.
    """
    told = moment.at.timestamp() + (0.5 if moment.is_servers else 0.0)
    return told if near is None or abs(near - told) > 1.0 else near


def unix(workspace: Workspace, client: Client) -> float:
    """Return Unix time by the account's clock, as far as one of its answers told it."""
    # Answers are dated to the second, which at a high speed is many minutes of the script; a sandbox is on this
    # machine, and dates what it does by the same clock, unless it is in a container with one of its own.
    near = datetime.now(UTC).timestamp() if workspace.is_practice else None
    return likeliest(client.now(), near)


class Clock(Protocol):
    """The clock of one run in this process."""

    def at(self) -> float:
        """Return script time."""

    def time(self) -> float:
        """Return Unix time by the API's clock."""

    def follow(self, event: Event) -> None:
        """Stand still or go on, as an event says."""

    def ahead(self, moment: float) -> float:
        """Return how many real seconds it is to a moment of script time; infinite where the clock stands."""

    def pass_until(self, moment: float, seconds: float) -> None:
        """Let real time count that has just been waited for: `seconds` at the most, and no further than `moment`."""


class RealClock:
    """Script time as real time; a jump of this machine's own clock does nothing to it."""

    def __init__(self, events: Iterable[Event], sources: Sources) -> None:
        self._dial = dial_of(events)
        self._passed = sources.passed
        # What was noted last was noted before this: a clock that was set back must not bring steps back.
        self._epoch = max(sources.now(), self._dial.time) - self._passed()

    def at(self) -> float:
        """Return script time."""
        return self._dial.shows(self.time())

    def time(self) -> float:
        """Return Unix time by the API's clock, as it was when this process took the run up."""
        return self._epoch + self._passed()

    def follow(self, event: Event) -> None:
        """Stand still or go on, as an event says."""
        self._dial = self._dial.after(event)

    def ahead(self, moment: float) -> float:
        """Return how many real seconds it is to a moment of script time; infinite where the clock stands."""
        if self._dial.is_paused:
            return float("inf")
        return max(0.0, self._dial.held_until - self.time()) + max(0.0, moment - self.at())

    def pass_until(self, moment: float, seconds: float) -> None:
        """Do nothing: real time passes by itself."""


class OwnClock:
    """Script time that passes only while it is waited for, `speed` times as fast; it stops at what is due next."""

    def __init__(self, events: Iterable[Event], sources: Sources, speed: float) -> None:
        dial = dial_of(events)
        self._at, self._is_paused, self._speed = dial.at, dial.is_paused, speed
        self._passed = sources.passed
        self._epoch = max(sources.now(), dial.time) - self._passed()

    def at(self) -> float:
        """Return script time."""
        return self._at

    def time(self) -> float:
        """Return Unix time by the API's clock, as it was when this process took the run up."""
        return self._epoch + self._passed()

    def follow(self, event: Event) -> None:
        """Stand still or go on, as an event says; to hold it for some seconds is for people who watch it."""
        match event:
            case Paused():
                self._is_paused = True
            case GoneOn():
                self._is_paused = False

    def ahead(self, moment: float) -> float:
        """Return how many real seconds it is to a moment of script time; infinite where the clock stands."""
        return float("inf") if self._is_paused else max(0.0, moment - self._at) / self._speed

    def pass_until(self, moment: float, seconds: float) -> None:
        """Let real time count that has just been waited for: `seconds` at the most, and no further than `moment`."""
        if not self._is_paused:
            self._at = max(self._at, min(moment, self._at + seconds * self._speed))
            self._at = moment if moment - self._at < NEARLY else self._at
