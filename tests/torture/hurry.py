"""Waits that end sooner, for the processes that are forked from here: installed before the program is imported."""

from __future__ import annotations

import functools
import ssl
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FASTER = 50
"""So many times shorter is each wait: a second of patience takes twenty milliseconds."""


def install() -> None:
    """Let this process, and all that are forked from it, wait less; what passes for time passes as it did."""
    sleep = time.sleep

    def hurried(seconds: float) -> None:
        sleep(max(0.0, seconds) / FASTER)

    time.sleep = hurried  # type: ignore[assignment]
    # A context takes longer to make than an apply of three incidents, and no address here begins with https.
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]
    _hurry_the_client()
    _leave_leases()


def _hurry_the_client() -> None:
    """Count a wait of the client as passed, although it was a fiftieth of it."""
    from reconciler.api.clock import Clock  # noqa: PLC0415  (what it imports must find the sleep of above)

    skipped = [0.0]
    now = Clock.now

    def wait(self: Clock, seconds: float) -> None:
        self._stop.wait(max(0.0, seconds) / FASTER)
        skipped[0] += max(0.0, seconds)
        self.check()

    Clock.wait = wait  # type: ignore[method-assign]
    Clock.now = lambda self: now(self) + skipped[0]  # type: ignore[method-assign]


def _leave_leases() -> None:
    """Let a run watch another's lease for as long as it lasts: others live by the same clock, and wait for requests."""
    from reconciler.state.lease import Lease  # noqa: PLC0415  (see above)

    take = Lease.take

    def watched(self: Lease, patience: float, wait: Callable[[float], None], tell: Callable[[str], None]) -> None:
        take(self, patience, lambda seconds: wait(seconds * FASTER), tell)

    Lease.take = watched  # type: ignore[method-assign]
