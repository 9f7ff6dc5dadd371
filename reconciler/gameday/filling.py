"""`${param:NAME}`, `${each:KEY}`, `${run:id}` and `${env:NAME}` in texts of a game day → their values. Pure.

Everything is filled in at once, so that nothing in a value is ever filled in itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import variables
from reconciler.errors import Problem
from reconciler.nearest import did_you_mean, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.explain import Fault
    from reconciler.model import Source

Path = tuple[str | int, ...]

PLACEHOLDER = re.compile(r"(?P<escape>\$?)\$\{(?P<scope>[A-Za-z]+):(?:(?P<name>[^{}]*)\})?")
SCOPES = ("param", "each", "run", "env")


@dataclass(slots=True)
class Filling:
    """Puts values where placeholders stand; `at` tells a text's place, and `used` which parameters were asked for.

    `each` are the values of the item that an incident is made for, None outside of a `for_each`. An empty `run_id`
    leaves `${run:id}` as it stands.
    """

    at: Callable[..., Source]
    environ: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    each: Mapping[str, Any] | None = None
    run_id: str = ""
    used: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def filled(self, value: Any, path: Path = ()) -> Any:
        """Return a value with each placeholder filled in; what cannot be is a problem, and stays.

        A text that is one placeholder and nothing else takes its value as it is: a number, `true`.
        """
        match value:
            case str() if "${" in value:
                whole = PLACEHOLDER.fullmatch(value)
                found = self._value(path, whole) if whole else None
                return PLACEHOLDER.sub(partial(self._text, path), value) if isinstance(found, str | None) else found
            case dict():
                return {name: self.filled(item, (*path, name)) for name, item in value.items()}
            case list():
                return [self.filled(item, (*path, index)) for index, item in enumerate(value)]
            case _:
                return value

    def _text(self, path: Path, found: re.Match[str]) -> str:
        """Return what one placeholder reads as."""
        if found["escape"] and _is_ours(found["scope"]):
            return found[0][1:]
        if found["scope"] == "env":
            return self._variable(path, found)
        value = self._value(path, found)
        if value is None:
            self._report(path, found)
            return found[0]
        return value if isinstance(value, str) else json.dumps(value)

    def _value(self, path: Path, found: re.Match[str]) -> Any:
        """Return what a placeholder stands for; None where it stays as it is."""
        scope, name = found["scope"], found["name"]
        if found["escape"] or name is None:
            return None
        if scope == "param":
            self.used.add(name)
            return self.parameters.get(name)
        if scope == "each":
            return (self.each or {}).get(name)
        return (self.run_id or found[0]) if (scope, name) == ("run", "id") and not is_identity(path) else None

    def _variable(self, path: Path, found: re.Match[str]) -> str:
        if is_identity(path):
            hint = "an identity must read the same on every machine: write it out"
            self.problems.append(Problem(self.at(*path), f"`{found[0]}` stands in an identity", hint))
            return found[0]
        environment = variables.Filling(self.environ, lambda *_: self.at(*path))
        text = str(environment.filled(found[0], ()))
        self.problems += environment.problems
        return text

    def _report(self, path: Path, found: re.Match[str]) -> None:
        """Report a placeholder that nothing stands for; what is none of ours is text."""
        scope, name = found["scope"], found["name"]
        if not _is_ours(scope):
            return
        self.problems.append(Problem(self.at(*path), *self._wrong(scope, name, found[0])))

    def _wrong(self, scope: str, name: str | None, whole: str) -> tuple[str, str]:
        """Return what is wrong with a placeholder, and what to write instead."""
        if scope not in SCOPES:
            return f"there is nothing that `{whole}` could stand for{did_you_mean(scope, SCOPES)}", ESCAPED
        if name is None:
            return f"`{whole}` does not go on with a name and `}}`", ESCAPED
        if scope == "param":
            known = listed(self.parameters)
            hint = f"the parameters are {known}" if known else "declare it under `parameters:`"
            return f"`{name}` is not a parameter of this game day{did_you_mean(name, self.parameters)}", hint
        if scope == "run":
            hint = "an identity is the same in every run" if name == "id" else "a run has `${run:id}`"
            return f"`{whole}` cannot stand here{did_you_mean(name, ['id']) if name != 'id' else ''}", hint
        if self.each is None:
            return f"`{whole}` stands outside of an incident with `for_each`", ESCAPED
        told = f"an item of `for_each` has no `{name}`{did_you_mean(name, self.each)}"
        return told, f"it has {listed(self.each)}"


def as_written(fault: Fault, document: Any) -> Fault:
    """Return what is against a value that was filled in, with the placeholder that stands for it in the document."""
    for name in fault.path:
        is_there = isinstance(document, list) and isinstance(name, int) and name < len(document)
        document = document[name] if is_there else document.get(name) if isinstance(document, dict) else None
    if fault.of_key or not (isinstance(document, str) and PLACEHOLDER.fullmatch(document)):
        return fault
    if fault.hint.startswith("put it in quotes"):
        told = f"{fault.message.partition(', not ')[0]}, and `{document}` alone is none"
        return replace(fault, message=told, hint=f"write more beside it, such as `No. {document}`")
    return replace(fault, message=f"`{document}` cannot stand here: {fault.message}")


ESCAPED = "write `$${` for the text itself"


def _is_ours(scope: str) -> bool:
    """Tell whether a scope is one of a game day, or was probably meant to be one: anything else is text."""
    return scope in SCOPES or bool(nearest(scope, SCOPES))


def is_identity(path: Path) -> bool:
    """Tell whether a value makes an identity: of the game day, a step, an update or a timeline item."""
    match path:
        case ("metadata", *_) | ("spec", "script", int(), "id"):
            return True
        case ("spec", "script", int(), "update" | "timeline", "id"):
            return True
        case ("spec", "incidents", str(), "updates" | "timeline", int(), "id"):
            return True
        case _:
            return False
