"""Time and the wish to stop, as the client sees both: what passes, what time it is, and whether to go on."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.errors import Interrupted


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of day; `is_servers` tells whether the API said so, and not this machine alone."""

    at: datetime
    is_servers: bool


class Clock:
    """Seconds that only go forward, and waits that end at once when `stop` is set.

    Everything in this package that would sleep does it here, so that a test can put its own clock in place.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wall(self) -> datetime:
        """Return what this machine takes for the time of day; it may be hours off, and jump."""
        return datetime.now(UTC)

    def check(self) -> None:
        """Raise `Interrupted` once a stop was asked for."""
        if self._stop.is_set():
            raise Interrupted

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass; raises `Interrupted` as soon as a stop is asked for."""
        self._stop.wait(max(0.0, seconds))
        self.check()


class ServerTime:
    """The time of day by the dates of the API's answers, carried on by a clock that never jumps; for many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    def learn(self, date: datetime | None) -> None:
        """Take the date of an answer that has just come; one without a date changes nothing."""
        if date is not None:
            self._told = date, time.monotonic()

    def now(self) -> Moment:
        """Return what time it is by the API, as far as it said so."""
        if self._told is None:
            return Moment(self._clock.wall(), is_servers=False)
        date, since = self._told
        return Moment(date + timedelta(seconds=time.monotonic() - since), is_servers=True)
