"""Instants in, the way the API writes them out: RFC 3339 in UTC; the only reader of the wall clock."""

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def parse(text: str) -> datetime:
    """Read an RFC 3339 date-time with a zone; ValueError for anything else."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is not a date-time as RFC 3339 writes it")
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def parse_day(text: str) -> datetime:
    """Read a day (its midnight in UTC) or a date-time; ValueError for anything else."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return parse(text)


def written(moment: datetime) -> str:
    """Write an instant in UTC as the API does: `2026-11-20T09:12:00.25Z`."""
    whole, _, fraction = moment.isoformat().removesuffix("+00:00").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def sortable(moment: datetime) -> str:
    """Write an instant so that texts sort as instants do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + f".{moment.microsecond:06d}"


def microseconds(moment: datetime) -> int:
    """Count the microseconds since 1970."""
    seconds = int(moment.replace(microsecond=0).timestamp())
    return seconds * 1_000_000 + moment.microsecond


def from_microseconds(count: int) -> datetime:
    """Turn microseconds since 1970 back into an instant."""
    return _EPOCH + timedelta(microseconds=count)
