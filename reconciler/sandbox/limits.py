"""A key and a request in, its allowance out: token buckets as documented, with the headers that tell of them."""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from reconciler.sandbox import moments
from reconciler.sandbox.errors import ApiError, Problem

WINDOW: Final = 60  # seconds over which a whole bucket comes back
DEFAULT: Final = 1200
LOWER: Final = {("POST", "/v2/escalations"): 60}  # the one that the document names, of what is served here


@dataclass(frozen=True, slots=True)
class Rates:
    """How many requests a minute a key may make: in all, and of a method on paths like a pattern.

    `others` is what another client of the same organisation spends of the same allowance, in requests a minute.
    Raises ValueError where nothing would be left.
    """

    limit: int = DEFAULT
    lower: Mapping[tuple[str, str], int] = field(default_factory=lambda: LOWER)
    others: int = 0

    def __post_init__(self) -> None:
        if min([self.limit, *self.lower.values()]) < 1:
            raise ValueError("a rate limit is 1 request a minute or more")
        if not 0 <= self.others < self.limit:
            raise ValueError(f"another client cannot spend {self.others} of {self.limit} requests a minute")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket at one moment: how many requests it holds when full, what is in it, and what comes back a second."""

    limit: int
    refill: float
    tokens: float
    since: float

    def at(self, moment: float) -> "Bucket":
        """Return the bucket as it is at a later moment."""
        tokens = self.tokens + (moment - self.since) * self.refill
        return replace(self, tokens=min(float(self.limit), max(0.0, tokens)), since=moment)

    def less(self, requests: float) -> "Bucket":
        """Return the bucket with so many requests taken out."""
        return replace(self, tokens=max(0.0, self.tokens - requests))

    @property
    def remaining(self) -> int:
        """How many requests may be made right now."""
        return math.floor(self.tokens)

    @property
    def retry_after(self) -> int:
        """In how many whole seconds one request will succeed."""
        return max(1, math.ceil((1 - self.tokens) / self.refill))

    @property
    def full_after(self) -> float:
        """In how many seconds it is full again."""
        return (self.limit - self.tokens) / self.refill


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after one request of each limit that applies to it; the one that binds comes first."""

    buckets: tuple[Bucket, ...]
    refused: bool

    @property
    def binding(self) -> Bucket:
        """The limit that is reached first."""
        return self.buckets[0]

    def headers(self) -> dict[str, str]:
        """Write the allowance as the headers of an answer."""
        binding = self.binding
        by_limit = sorted({bucket.limit for bucket in self.buckets}, reverse=True)
        return {
            "X-RateLimit-Limit": ", ".join([str(binding.limit), *(f"{limit};window={WINDOW}" for limit in by_limit)]),
            "X-RateLimit-Remaining": str(binding.remaining),
            "X-RateLimit-Used": str(binding.limit - binding.remaining),
            "X-RateLimit-Reset": str(math.ceil(time.time() + binding.full_after)),
        }

    def error(self, name: str) -> ApiError:
        """Refuse a request that came after a bucket was empty (429)."""
        message = "Too many requests hit the API too quickly. Wait for the time in Retry-After."
        return too_many(name, self.binding.limit, self.binding.remaining, self.binding.retry_after, message)


def too_many(name: str, limit: int, remaining: int, wait: int, message: str) -> ApiError:
    """Refuse a request (429), with the seconds to wait in the header and in the body."""
    when = moments.now() + timedelta(seconds=wait)
    rate_limit = {
        "name": name,
        "limit": limit,
        "remaining": remaining,
        "retry_after": moments.written(when.replace(microsecond=0)),
    }
    return ApiError(
        429,
        (Problem("too_many_requests", message),),
        headers={"Retry-After": str(wait)},
        extra={"rate_limit": rate_limit},
    )


class Limits:
    """The buckets of all keys; safe for threads."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def spend(self, key: str, method: str, path: str) -> Allowance:
        """Take one request out of each bucket that applies, or out of none where one of them is empty."""
        limits = [("", self._rates.limit), *self._lower(method, path)]
        with self._lock:
            moment = self._clock()
            found = {(key, name): self._bucket(key, name, limit, moment) for name, limit in limits}
            refused = any(bucket.tokens < 1 for bucket in found.values())
            left = found if refused else {place: bucket.less(1) for place, bucket in found.items()}
            self._buckets.update(left)
        return Allowance(_binding_first(list(left.values())), refused)

    def drain(self, key: str, requests: int) -> int:
        """Take requests out of a key's bucket at once, as another client does; returns how many remain."""
        with self._lock:
            left = self._bucket(key, "", self._rates.limit, self._clock()).less(requests)
            self._buckets[key, ""] = left
        return left.remaining

    def reset(self) -> None:
        """Fill every bucket."""
        with self._lock:
            self._buckets.clear()

    def _lower(self, method: str, path: str) -> list[tuple[str, int]]:
        return [
            (f"{of} {pattern}", limit)
            for (of, pattern), limit in self._rates.lower.items()
            if of == method and fnmatchcase(path, pattern)
        ]

    def _bucket(self, key: str, name: str, limit: int, moment: float) -> Bucket:
        others = 0 if name else self._rates.others
        full = Bucket(limit, (limit - others) / WINDOW, float(limit), moment)
        return self._buckets.get((key, name), full).at(moment)


def _binding_first(buckets: Sequence[Bucket]) -> tuple[Bucket, ...]:
    return tuple(sorted(buckets, key=lambda bucket: bucket.tokens))
