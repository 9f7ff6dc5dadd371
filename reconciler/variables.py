"""`${env:NAME}` in a manifest -> the value that the environment handed in has for it. Pure."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.secrecy import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.model import Source

VARIABLE = re.compile(r"(\$?)\$\{env:(?:([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\})?")


class Filling:
    """Puts the environment's values where `${env:NAME}` stands; `at` tells a value's place."""

    def __init__(self, environ: Mapping[str, str], at: Callable[..., Source]) -> None:
        self.environ, self.at = environ, at
        self.problems: list[Problem] = []

    def fields(self, value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """Return the mapping that stands at `name`, with each variable replaced by its value."""
        return self.filled(value, (name,)) if _mentions(value) else value

    def filled(self, value: Any, path: tuple[str | int, ...]) -> Any:
        """Return a value with each variable replaced; what cannot be replaced is a problem, and stays."""
        match value:
            case str():
                return VARIABLE.sub(partial(self.variable, path), value)
            case dict():
                return {name: self.filled(item, (*path, name)) for name, item in value.items()}
            case list():
                return [self.filled(item, (*path, index)) for index, item in enumerate(value)]
            case _:
                return value

    def variable(self, path: tuple[str | int, ...], found: re.Match[str]) -> str:
        """Return what one variable stands for."""
        escaped, name, default = found.groups()
        value: str | None = self.environ.get(name or "", default)
        if escaped:
            return found[0][1:]
        if name is None:
            hint = "write `${env:NAME}`, `${env:NAME:default}`, or `$${env:` for the text itself"
            self.report(path, "`${env:` does not go on with a name and `}`", hint)
        elif _is_identity(path):
            hint = "an identity must read the same on every machine: write it out"
            self.report(path, f"`{found[0]}` stands in an identity", hint)
        elif SECRET.search(name):
            hint = "leave it out, or give a variable that holds no secret another name"
            self.report(path, f"`{name}` looks like a secret, and this is sent to incident.io", hint)
        elif value is None:
            hint = f"set it, or write `${{env:{name}:default}}`"
            self.report(path, f"the environment has no `{name}`", hint)
        else:
            return value
        return found[0]

    def report(self, path: tuple[str | int, ...], message: str, hint: str) -> None:
        """Add a problem at a value."""
        self.problems.append(Problem(self.at(*path), message, hint))


def mentioned(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each text in which a variable stands."""
    match value:
        case str():
            if "${env:" in value:
                yield path
        case dict():
            for name, item in value.items():
                yield from mentioned(item, (*path, name))
        case list():
            for index, item in enumerate(value):
                yield from mentioned(item, (*path, index))


def _mentions(value: Any) -> bool:
    """Tell whether a variable stands anywhere in a value; most values hold none, so this is the quick way."""
    if isinstance(value, str):
        return "${env:" in value
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return any(map(_mentions, value))


def _is_identity(path: tuple[str | int, ...]) -> bool:
    """Tell whether a value makes an identity: of the resource, of an update or item, of an option."""
    match path:
        case ("metadata", *_) | (_, _, int(), "id") | (_, "options", int()):
            return True
        case _:
            return False
