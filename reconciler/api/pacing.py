"""Rate limits in, the seconds to wait before a request out: token buckets as pure arithmetic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST_HOLD = 120.0
"""Seconds: no answer can make all requests wait longer than this, whatever its `Retry-After` says."""

SLOWEST = 1 / 60
"""Requests a second: a limit that refills more slowly than this is taken for nonsense."""

WINDOW = 60
"""Seconds in which a bucket refills where the header does not say (the API's documentation, Rate limits)."""

# Refilling adds fractions, and a token that is there but for rounding is there.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket's size: `capacity` requests at once, refilled evenly in `window` seconds."""

    capacity: int
    window: int = WINDOW

    @property
    def rate(self) -> float:
        """Return how many requests a second it sustains."""
        return self.capacity / self.window

    @property
    def is_sane(self) -> bool:
        """Tell whether this can be a limit at all."""
        return self.capacity > 0 and self.window > 0 and self.rate >= SLOWEST


ACCOUNT = Limit(1200)
"""What a key has where nothing else is said: 1,200 at once, 20 a second (the API's documentation, Rate limits)."""


class Bucket:
    """One token bucket, as far as this process can know it.

    It counts what is spent and not yet refilled, so `spent` is 0 for a full bucket and may exceed the capacity
    while it is held. `now` is any clock in seconds; one that goes back refills nothing.
    """

    def __init__(self, limit: Limit, now: float) -> None:
        self.limit = limit
        self.spent = 0.0
        self.under_way = 0
        self._at = now

    def delay(self, now: float) -> float:
        """Return the seconds until one more request is allowed; 0 is now."""
        self._refill(now)
        missing = self.spent + 1 - self.limit.capacity
        return missing / self.limit.rate if missing > ROUNDING else 0.0

    def take(self, now: float) -> None:
        """Spend one token on a request that leaves now."""
        self._refill(now)
        self.spent += 1
        self.under_way += 1

    def arrived(self) -> None:
        """Note that a request that took a token is answered, or lost."""
        self.under_way -= 1

    def correct(self, remaining: float, now: float) -> None:
        """Believe an answer that says what remains; it can only lower what we think there is.

        Requests under way may not have been counted yet when the answer was made, so they are taken off. The
        allowance that other keys spend shows here, and nowhere else.
        """
        self._refill(now)
        left = min(max(0.0, remaining - self.under_way), self.limit.capacity)
        self.spent = max(self.spent, self.limit.capacity - left)

    def hold(self, seconds: float, now: float) -> None:
        """Let nothing through for `seconds` (at most `LONGEST_HOLD`), then one, then as the limit says."""
        self._refill(now)
        pause = min(max(0.0, seconds), LONGEST_HOLD)
        self.spent = max(self.spent, self.limit.capacity - 1 + self.limit.rate * pause)

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self.spent = max(0.0, self.spent - self.limit.rate * passed)
        self._at += passed


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer's headers say about limits.

    `limits` are those that the request was counted against, `binding` the one nearest to its end, and `remaining`
    what that one has left; empty or None where the headers are absent or make no sense.
    """

    limits: tuple[Limit, ...] = ()
    binding: Limit | None = None
    remaining: float | None = None


def told(headers: Mapping[str, str], at: datetime | None) -> Told:
    """Read the `X-RateLimit-*` headers leniently; `at` is the answer's own `Date`.

    Where `X-RateLimit-Remaining` is missing, it follows from `X-RateLimit-Reset`, when the bucket is full again.
    """
    limits, binding = read_limits(headers.get("X-RateLimit-Limit", ""))
    remaining = number(headers.get("X-RateLimit-Remaining", ""))
    reset = number(headers.get("X-RateLimit-Reset", ""))
    if remaining is None and reset is not None and binding and at:
        remaining = binding.capacity - binding.rate * max(0.0, reset - at.timestamp())
    return Told(limits, binding, remaining)


_LIMIT = re.compile(r'\s*([0-9]{1,9})\s*(?:;.*?\bw(?:indow)?\s*=\s*"?([0-9]{1,9}))?')


def read_limits(header: str) -> tuple[tuple[Limit, ...], Limit | None]:
    """Read `60, 1200;window=60, 60;window=60`: the binding limit first, then each that was counted.

    The first number may repeat one of the others, whose window it then has. What is no limit is left out.
    """
    found = [match.groups() for part in header.split(",") if (match := _LIMIT.match(part))]
    limits = [Limit(int(capacity), int(window)) for capacity, window in found if window]
    limits = [limit for limit in limits if limit.is_sane]
    if not found:
        return (), None
    first = int(found[0][0])
    binding = next((limit for limit in limits if limit.capacity == first), Limit(first))
    if not binding.is_sane:
        return tuple(limits), None
    return tuple(dict.fromkeys([binding, *limits])), binding


def number(text: str) -> float | None:
    """Read a plain decimal number that is not negative; None for anything else."""
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", text.strip()) else None
