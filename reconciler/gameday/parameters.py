"""The parameters of a game day, and the texts that `--set` gave → their values, of the types declared. Pure."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from reconciler.errors import Misused, Problem
from reconciler.gameday import spans
from reconciler.gameday.script import Parameter
from reconciler.nearest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.documents import Document

NOUNS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "duration": "a span of time such as 5m",
}
_PYTHON = {"string": str, "integer": int, "number": int | float, "boolean": bool, "duration": str}
_STANDING_IN = {"integer": 1, "number": 1, "boolean": True, "duration": "1m"}
"""What a parameter without a default is taken for where a game day is only checked."""


def problems(document: Document) -> Iterator[Problem]:
    """Yield defaults and choices that are not of the type declared, and a default that is none of the choices."""
    for name, row in document.value["spec"].get("parameters", {}).items():
        path = ("spec", "parameters", name)
        kind = row.get("type", "string")
        stated = [(one, document.at(*path, "enum", index)) for index, one in enumerate(row.get("enum", ()))]
        if "default" in row:
            stated.append((row["default"], document.at(*path, "default")))
        for value, place in stated:
            if not _is(kind, value):
                told = f"`{_shown(value)}` is not {NOUNS[kind]}, as `{name}` says it is"
                yield Problem(place, told, "change the value, or its `type:`")
        if "default" in row and row["default"] not in row.get("enum", [row["default"]]):
            told = f"`{_shown(row['default'])}` is none of the values that `{name}` may have"
            yield Problem(document.at(*path, "default"), told, f"the values are {listed(map(_shown, row['enum']))}")


def valued(declared: Mapping[str, Any], given: Mapping[str, str] | None) -> tuple[Parameter, ...]:
    """Return the parameters with their values; without `given`, something stands in where there is no default.

    Raises `Misused` for a parameter that is not declared, a text that is not of its type, and one that is missing.
    """
    for name in given or ():
        if name not in declared:
            told = f"--set {name}: `{name}` is not a parameter of this game day{did_you_mean(name, declared)}"
            raise Misused(told, f"the parameters are {listed(declared)}" if declared else "this game day has none")
    return tuple(_valued(name, row, given) for name, row in declared.items())


def _valued(name: str, row: Mapping[str, Any], given: Mapping[str, str] | None) -> Parameter:
    kind, description = row.get("type", "string"), row.get("description", "")
    if given is not None and name in given:
        return Parameter(name, kind, _given(name, kind, given[name], row), description, is_default=False)
    if "default" in row:
        return Parameter(name, kind, row["default"], description)
    if given is not None:
        raise Misused(f"the game day needs `{name}`, and it has no default", f"--set {name}=…{_of(description)}")
    standing_in = row["enum"][0] if "enum" in row else _STANDING_IN.get(kind, name)
    return Parameter(name, kind, standing_in, description)


def _of(description: str) -> str:
    return f" ({description[:1].lower()}{description[1:].rstrip('.')})" if description else ""


def _given(name: str, kind: str, text: str, row: Mapping[str, Any]) -> Any:
    """Return what a text of `--set` means for a parameter."""
    value: Any = text
    if kind not in {"string", "duration"}:
        try:
            value = json.loads(text)
        except ValueError:
            value = text
    if not _is(kind, value):
        raise Misused(f"--set {name}={text}: it has to be {NOUNS[kind]}")
    if value not in row.get("enum", [value]):
        known = [_shown(one) for one in row["enum"]]
        raise Misused(f"--set {name}={text}: that is none of its values{did_you_mean(text, known)}", listed(known))
    return value


def _is(kind: str, value: Any) -> bool:
    """Tell whether a value is of a type."""
    if isinstance(value, bool) != (kind == "boolean") or not isinstance(value, _PYTHON[kind]):
        return False
    if kind == "duration":
        try:
            spans.seconds(str(value))
        except ValueError:
            return False
    return not isinstance(value, float) or math.isfinite(value)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
