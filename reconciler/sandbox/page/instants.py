"""An instant in, the ways that a page writes it out; all in UTC; pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.sandbox import moments

_UNITS: Final = ((365 * 86_400, "y"), (86_400, "d"), (3_600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment as machines read it, its day, its time of day, and how long ago it was."""

    machine: str
    day: str
    clock: str
    age: str


def shown(moment: datetime, now: datetime) -> Instant:
    """Write an instant, with its age at another."""
    day = f"{moment.day} {moment:%b} {moment.year}"
    return Instant(moments.written(moment), day, f"{moment:%H:%M:%S}", age((now - moment).total_seconds()))


def read(text: str, now: datetime) -> Instant:
    """Write an instant that is kept as the API writes it."""
    return shown(moments.parse(text), now)


def age(seconds: float) -> str:
    """Write a time that has passed in its largest whole unit; what is to come, and the last minute, are `now`."""
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{int(seconds // length):,} {unit}"
    return "now"
