"""What a fault is: what goes wrong, and for which requests; pure."""

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRITE: Final = "write"  # every method but GET


class Kind(Enum):
    """What goes wrong; `before` the request is handled, or `after` what it asks for is kept."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    LIMITED = "429"
    FAILED_BEFORE = "500-before"
    FAILED_AFTER = "500-after"
    BAD_GATEWAY_BEFORE = "502-before"
    BAD_GATEWAY_AFTER = "502-after"
    UNAVAILABLE_BEFORE = "503-before"
    UNAVAILABLE_AFTER = "503-after"
    SLOW_HEADERS = "slow-headers"
    SLOW_BODY = "slow-body"
    TRUNCATED_BODY = "truncated-body"
    INVALID_JSON = "invalid-json"
    UNKNOWN_ENUM = "unknown-enum"
    EXTRA_FIELD = "extra-field"
    LONG_IDS = "long-ids"
    FORGOTTEN_KEY = "forgotten-key"
    REPEAT_409 = "repeat-409"
    REPEAT_422 = "repeat-422"
    CHANGED_BODY = "changed-body"


SECONDS: Final = {
    Kind.LIMITED: 1.0,
    Kind.UNAVAILABLE_BEFORE: 1.0,
    Kind.UNAVAILABLE_AFTER: 1.0,
    Kind.SLOW_HEADERS: 1.0,
    Kind.SLOW_BODY: 1.0,
    Kind.FORGOTTEN_KEY: 0.0,
}
"""The kinds that take a time, and how long it is unless said: what Retry-After asks for, what the slowness takes,
how long a key is remembered."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and which of the requests that its method and path select it strikes, counted from 1.

    `method` is one of METHODS or `write`, `path` a pattern with `*` and `?`; None selects all. Of the selected requests
    from `first` to `last` (None: without end) each is struck with `probability`, and at most `times` of them.
    """

    kind: Kind
    method: str | None = None
    path: str | None = None
    first: int = 1
    last: int | None = None
    probability: float = 1.0
    times: int | None = None
    seconds: float = 0.0

    def selects(self, method: str, path: str) -> bool:
        """Tell whether a request is counted."""
        by_method = self.method in (None, method) or (self.method == WRITE and method != "GET")
        return by_method and (self.path is None or fnmatchcase(path, self.path))

    def may_strike(self, number: int, struck: int) -> bool:
        """Tell whether it can strike the selected request of this number, having struck so many before."""
        within = self.first <= number and (self.last is None or number <= self.last)
        return within and (self.times is None or struck < self.times)
