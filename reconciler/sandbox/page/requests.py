"""A transaction in, the newest requests that the API saw out, newest first."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from reconciler.sandbox import moments
from reconciler.sandbox.page import instants
from reconciler.sandbox.page.instants import Instant
from reconciler.sandbox.store import Transaction

ROWS: Final = 100  # on one page
_FIRST_ERROR: Final = 400


class Show(Enum):
    """Which requests to show; the value is what the address says."""

    ALL = "all"
    WRITES = "writes"
    ERRORS = "errors"

    @classmethod
    def read(cls, text: str | None) -> "Show":
        """Read what an address says; all requests for what it cannot mean."""
        return next((one for one in cls if one.value == text), cls.ALL)


_CONDITIONS: Final = {
    Show.ALL: "TRUE",
    Show.WRITES: "method NOT IN ('GET', 'HEAD', 'OPTIONS')",
    Show.ERRORS: f"(status >= {_FIRST_ERROR} OR status = 0)",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One request and what became of it; the day is empty where it is today."""

    number: int
    at: Instant
    day: str
    millisecond: str
    key: str
    method: str
    path: str
    query: str
    status: int
    idempotency_key: str
    has_changed: bool

    @property
    def is_error(self) -> bool:
        """Whether it was refused, or failed, or its connection was dropped."""
        return self.status >= _FIRST_ERROR or not self.status


@dataclass(frozen=True, slots=True)
class Log:
    """Some requests, newest first; `older` is the number to go on below, if any is left."""

    show: Show
    rows: tuple[Row, ...]
    older: int | None
    is_newest: bool


def read_log(transaction: Transaction, show: Show, below: int | None, now: datetime) -> Log:
    """Read the newest requests, below a number if one is given."""
    sql = f"""SELECT number, time, key, method, path, query, status, idempotency_key, changed FROM request
        WHERE {_CONDITIONS[show]} AND number < ? ORDER BY number DESC LIMIT {ROWS + 1}"""  # noqa: S608 - constants
    found = transaction.query(sql, (below if below is not None else 2**62,))
    rows = tuple(_row(*row, now=now) for row in found[:ROWS])
    return Log(show, rows, rows[-1].number if len(found) > ROWS else None, below is None)


def _row(
    number: int,
    time: str,
    key: str | None,
    method: str,
    path: str,
    query: str,
    status: int,
    idempotency_key: str | None,
    changed: int,
    *,
    now: datetime,
) -> Row:
    moment, today = moments.parse(time), instants.shown(now, now).day
    at = instants.shown(moment, now)
    return Row(
        number,
        at,
        "" if at.day == today else at.day,
        f"{moment.microsecond // 1000:03d}",
        key or "",
        method,
        path,
        query,
        status,
        idempotency_key or "",
        bool(changed),
    )
