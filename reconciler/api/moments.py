"""The headers of an answer in, when it was made and how long it asks us to wait out."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from reconciler.api.pacing import number

if TYPE_CHECKING:
    import httpx


def date(response: httpx.Response) -> datetime | None:
    """Return the `Date` header of a response, in UTC; None where it is absent or makes no sense."""
    return _http_date(response.headers.get("Date", ""))


def asked_pause(response: httpx.Response, body: dict[str, Any], now: datetime) -> float | None:
    """Return the seconds that a 429 asks for, from the best source that it has; None where it has none.

    `now` counts where the answer has no date of its own.
    """
    limit = body.get("rate_limit")
    told = number(str(limit.get("retry_after"))) if isinstance(limit, dict) else None
    pause = retry_after(response, now) or told or None
    reset = number(response.headers.get("X-RateLimit-Reset", ""))
    if pause is None and reset is not None:
        left = reset - (date(response) or now).timestamp()
        return left if left > 0 else None
    return pause


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return `Retry-After` in seconds, which may be given as a date (RFC 9110, 10.2.3)."""
    header = response.headers.get("Retry-After", "")
    until = _http_date(header)
    # The answer's own clock wrote the date, and ours may differ from it.
    left = (until - (date(response) or now)).total_seconds() if until else number(header)
    return left if left and left > 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
