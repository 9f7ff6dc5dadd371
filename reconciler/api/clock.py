"""Time and the wish to stop, as the client sees both: what passes, how to wait, and whether to go on."""

from __future__ import annotations

import threading
import time

from reconciler.errors import Interrupted


class Clock:
    """Seconds that only go forward, and waits that end at once when `stop` is set.

    Everything in this package that would sleep does it here, so that a test can put its own clock in place.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def check(self) -> None:
        """Raise `Interrupted` once a stop was asked for."""
        if self._stop.is_set():
            raise Interrupted

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass; raises `Interrupted` as soon as a stop is asked for."""
        self._stop.wait(max(0.0, seconds))
        self.check()
