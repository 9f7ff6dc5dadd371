"""Spans of time as scripts write them (`90s`, `1h30m`, `0.5s`) → seconds, and back. Pure."""

from __future__ import annotations

import re

SPAN = r"^(?=[0-9])([0-9]{1,6}(\.[0-9]{1,3})?h)?([0-9]{1,6}(\.[0-9]{1,3})?m)?([0-9]{1,6}(\.[0-9]{1,3})?s)?$"
"""What a span may be, as JSON Schema has it: hours, minutes and seconds, in this order, each at most once."""
_PARTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)([hms])")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


def seconds(text: str) -> float:
    """Return how many seconds a span is; raises `ValueError` for what is none."""
    if not re.fullmatch(SPAN, text):
        raise ValueError(f"`{text}` is no span of time: write 90s, 5m or 1h30m")
    return sum(float(count) * _SECONDS[unit] for count, unit in _PARTS.findall(text))


def written(span: float) -> str:
    """Return a span as a script would write it, to a tenth of a second: `1h 2m`, `5m 30s`, `0.5s`."""
    minutes, tenths = divmod(round(abs(span) * 10), 600)
    hours, minute = divmod(minutes, 60)
    second = f"{tenths / 10:g}s" if tenths else ""
    parts = [f"{hours}h" if hours else "", f"{minute}m" if minute else "", second]
    told = " ".join(filter(None, parts)) or "0s"
    return f"-{told}" if span < 0 and told != "0s" else told


def clock(span: float) -> str:
    """Return a time as the clock of a run shows it: `05:30`, `1:02:03`."""
    minutes, second = divmod(int(max(span, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"
