"""Flags of `sandbox serve` as they are typed in, what they mean out."""

from __future__ import annotations

import re
from typing import Any

import click

_DURATION = re.compile(r"(\d{1,9}(?:\.\d+)?)(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LOWER = re.compile(r"(?P<method>[A-Z]+) (?P<path>/[^=\s]*)=(?P<limit>\d{1,9})")
_KEY = re.compile(r"(?P<token>[^=\s]+)=(?P<roles>[a-z_]+(,[a-z_]+)*)")


class Duration(click.ParamType[float]):
    """A time such as 100ms or 0.5s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a time; a bare number only where it is zero."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value))
        if not found or (not found[2] and float(found[1])):
            self.fail(f"{value!r} is not a time; write 100ms or 0.5s", param, ctx)
        return float(found[1]) * _SECONDS[found[2] or "s"]


class Lower(click.ParamType[tuple[tuple[str, str], int]]):
    """A limit of one operation, as method, path and requests a minute."""

    name = "limit"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[str, str], int]:
        """Read `POST /v2/escalations=60`."""
        found = _LOWER.fullmatch(str(value))
        if not found:
            self.fail(f"{value!r} is not a limit; write 'POST /v2/escalations=60'", param, ctx)
        return (found["method"], found["path"]), int(found["limit"])


class NewKey(click.ParamType[tuple[str, tuple[str, ...]]]):
    """An API key and its roles."""

    name = "key"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Read `ci=viewer,incident_creator`."""
        found = _KEY.fullmatch(str(value))
        if not found:
            self.fail("this is not a key with its roles; write ci=viewer,incident_creator", param, ctx)
        return found["token"], tuple(found["roles"].split(","))
