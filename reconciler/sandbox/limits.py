"""A key in, its allowance out: one token bucket a key, as documented, with the headers that tell of it."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from reconciler.sandbox import moments
from reconciler.sandbox.errors import ApiError, Problem

WINDOW = 60  # seconds over which a whole bucket comes back


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's bucket after one request."""

    limit: int
    tokens: float
    refused: bool

    @property
    def remaining(self) -> int:
        """How many requests may be made right now."""
        return math.floor(self.tokens)

    @property
    def retry_after(self) -> int:
        """In how many whole seconds one request will succeed."""
        return max(1, math.ceil((1 - self.tokens) * WINDOW / self.limit))

    def headers(self) -> dict[str, str]:
        """Write the allowance as the headers of an answer."""
        used = self.limit - self.remaining
        full = time.time() + (self.limit - self.tokens) * WINDOW / self.limit
        return {
            "X-RateLimit-Limit": f"{self.limit}, {self.limit};window={WINDOW}",
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(used),
            "X-RateLimit-Reset": str(math.ceil(full)),
        }

    def error(self, name: str) -> ApiError:
        """Refuse a request that came after the bucket was empty (429)."""
        when = moments.now() + timedelta(seconds=self.retry_after)
        rate_limit = {
            "name": name,
            "limit": self.limit,
            "remaining": self.remaining,
            "retry_after": moments.written(when.replace(microsecond=0)),
        }
        message = "Too many requests hit the API too quickly. Wait for the time in Retry-After."
        return ApiError(
            429,
            (Problem("too_many_requests", message),),
            headers={"Retry-After": str(self.retry_after)},
            extra={"rate_limit": rate_limit},
        )


class Limits:
    """The buckets of all keys; safe for threads."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, key: str) -> Allowance:
        """Take one request out of a key's bucket."""
        with self._lock:
            moment = self._clock()
            tokens, since = self._buckets.get(key, (float(self._limit), moment))
            tokens = min(float(self._limit), tokens + (moment - since) * self._limit / WINDOW)
            refused = tokens < 1
            left = tokens if refused else tokens - 1
            self._buckets[key] = (left, moment)
        return Allowance(self._limit, left, refused)
