"""A try that brought no answer in, the pause before the next one out; pure but for the dice of the jitter."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import Enum, auto


class Cause(Enum):
    """Why a try brought no answer, by what may be done about it."""

    NEVER_LEFT = auto()
    """No connection was made, so nothing was sent: anything may be sent again."""
    BUSY = auto()
    """429: the API did not carry it out: anything may be sent again, later."""
    SILENT = auto()
    """It left, and no answer came in time: only a read may be sent again."""
    BROKEN = auto()
    """It left, and no usable answer came (reset, 408, 5xx, a proxy's page): only a read may be sent again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A try that brought no answer: `what` happened, as a person reads it, and the pause in seconds it asks for."""

    cause: Cause
    what: str
    status: int = 0
    request_id: str = ""
    asks: float | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many tries in all, how long the pauses may be in all, and how the first of them is, in seconds."""

    tries: int
    longest: float
    first: float = 1.0


PATIENCE = {
    # A name that does not resolve and a port that is closed say so at once, and rarely change their mind.
    Cause.NEVER_LEFT: Patience(tries=3, longest=4, first=0.5),
    # An empty bucket is full again after a minute; other keys may empty it again and again.
    Cause.BUSY: Patience(tries=20, longest=300),
    # Each of these tries has already waited for the whole timeout.
    Cause.SILENT: Patience(tries=2, longest=30),
    Cause.BROKEN: Patience(tries=5, longest=30),
}

_DICE = random.SystemRandom()


class Tries:
    """The tries of one request so far, counted per cause, so that their sum is bounded whatever the mixture."""

    def __init__(self) -> None:
        self._count: Counter[Cause] = Counter()
        self._waited: defaultdict[Cause, float] = defaultdict(float)

    def __len__(self) -> int:
        """Return how many tries there were."""
        return self._count.total()

    def pause(self, trouble: Trouble) -> float | None:
        """Count a try and return the seconds to wait before the next, or None when it is time to give up.

        What the answer asks for is followed; else the pauses double, each drawn evenly from nothing up to that
        ("full jitter"), so that many clients which failed together do not come back together.
        """
        cause, patience = trouble.cause, PATIENCE[trouble.cause]
        self._count[cause] += 1
        left = patience.longest - self._waited[cause]
        if self._count[cause] >= patience.tries or (trouble.asks or 0) > left:
            return None
        backoff = _DICE.uniform(0, patience.first * 2 ** (self._count[cause] - 1))
        pause = min(trouble.asks or backoff, left)
        self._waited[cause] += pause
        return pause
