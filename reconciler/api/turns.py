"""Requests of all threads in, each let through when the rate limits allow it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.api.pacing import ACCOUNT, Bucket, Limit, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.api.clock import Clock

SHORTEST_WAIT = 0.001
"""Seconds: less than this is lost in the rounding of a clock."""


class Turns:
    """The token buckets of one key, shared by all threads.

    A route (a method and the collection that it is sent to) is counted against the account's limit until an
    answer of its own says which limits it has. Routes that name the same limit share one bucket.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {ACCOUNT: Bucket(ACCOUNT, clock.now())}
        self._limits: dict[str, tuple[Limit, ...]] = {}

    @contextmanager
    def turn(self, route: str) -> Iterator[None]:
        """Wait until `route` may send, and count the request as under way until the block ends.

        Raises `Interrupted` when a stop is asked for before the turn has come.
        """
        taken = self._take(route)
        try:
            yield
        finally:
            with self._lock:
                for bucket in taken:
                    bucket.arrived()

    def learn(self, route: str, told: Told) -> None:
        """Correct the buckets by what an answer's headers say."""
        with self._lock:
            if told.limits:
                self._limits[route] = told.limits
            if told.binding and told.remaining is not None:
                self._bucket(told.binding).correct(told.remaining, self._clock.now())

    def hold(self, route: str, told: Told, seconds: float) -> None:
        """Let nothing through for `seconds` under the limit that a 429 says is used up."""
        with self._lock:
            used_up = (told.binding,) if told.binding else self._limits.get(route, (ACCOUNT,))
            for limit in used_up:
                self._bucket(limit).hold(seconds, self._clock.now())

    def _take(self, route: str) -> list[Bucket]:
        while True:
            self._clock.check()
            with self._lock:
                now = self._clock.now()
                buckets = [self._bucket(limit) for limit in self._limits.get(route, (ACCOUNT,))]
                delay = max(bucket.delay(now) for bucket in buckets)
                if not delay:
                    for bucket in buckets:
                        bucket.take(now)
                    return buckets
            self._clock.wait(max(delay, SHORTEST_WAIT))

    def _bucket(self, limit: Limit) -> Bucket:
        return self._buckets.setdefault(limit, Bucket(limit, self._clock.now()))
