"""What the flags of game days may say: values for parameters, spans of time, names of runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from reconciler.gameday import spans

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN_ID = r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?"
RUN_NAMING = "1 to 63 of a-z, 0-9, - and ., with a letter or a digit at both ends"


class Span(click.ParamType[float]):
    """A span of time as a script has it, in seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds; a number is what this returned before."""
        if isinstance(value, float):
            return value
        try:
            return spans.seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class RunId(click.ParamType[str]):
    """The name of a run."""

    name = "run"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it; it becomes part of paths and of keys."""
        if not re.fullmatch(RUN_ID, str(value)):
            self.fail(f"`{value}` cannot name a run\nhint: {RUN_NAMING}", param, ctx)
        return str(value)


def values(pairs: Iterable[str]) -> dict[str, str]:
    """Return what `--set NAME=VALUE` gives; raises `Misused` for what is no such pair, or names one twice."""
    from reconciler.errors import Misused  # noqa: PLC0415  (flags are told without reading anything)

    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Misused(f"--set {pair}: a parameter and its value are needed", "write --set NAME=VALUE")
        if name in given:
            raise Misused(f"--set {name} is given twice", "leave one of them out")
        given[name] = value
    return given
