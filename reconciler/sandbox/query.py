"""A query string and the parameters that an endpoint has in, their values or a 422 out; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.sandbox.errors import ApiError, Problem

_NAME = re.compile(r"(?P<name>[a-z_]+)(?P<brackets>(?:\[[^\[\]]*\])*)")

Operators = Mapping[str, tuple[str, ...]]


class Parameter(Protocol):
    """One query parameter: how deep its brackets nest, and how its values are read."""

    @property
    def depth(self) -> int:
        """How many pairs of brackets follow its name."""

    def read(self, name: str, brackets: tuple[str, ...], values: list[str]) -> Any:
        """Turn the texts into a value; an ApiError where they are wrong."""


@dataclass(frozen=True, slots=True)
class Word:
    """One text, perhaps one of a few."""

    one_of: tuple[str, ...] = ()
    depth: int = 0

    def read(self, name: str, _brackets: tuple[str, ...], values: list[str]) -> str | None:
        """Take the only text; an empty one counts as absent."""
        value = _only(name, values)
        if value and self.one_of and value not in self.one_of:
            raise _wrong(name, f"must be one of {', '.join(self.one_of)}")
        return value or None


@dataclass(frozen=True, slots=True)
class PageSize:
    """How many objects a page holds."""

    maximum: int = 250
    depth: int = 0

    def read(self, name: str, _brackets: tuple[str, ...], values: list[str]) -> int | None:
        """Take the only number; an empty one counts as absent."""
        value = _only(name, values)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= self.maximum):  # noqa: PLR2004
            raise _wrong(name, f"must be a number from 1 to {self.maximum}")
        return int(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    depth: int = 0

    def read(self, name: str, _brackets: tuple[str, ...], values: list[str]) -> bool | None:
        """Take the only value."""
        value = _only(name, values)
        if value not in ("", "true", "false"):
            raise _wrong(name, "must be true or false")
        return value == "true" if value else None


@dataclass(frozen=True, slots=True)
class Words:
    """A text that may be given several times."""

    most: int
    depth: int = 0

    def read(self, name: str, _brackets: tuple[str, ...], values: list[str]) -> tuple[str, ...]:
        """Take all of them."""
        if len(values) > self.most:
            raise _wrong(name, f"must be given at most {self.most} times")
        return tuple(values)


@dataclass(frozen=True, slots=True)
class Filter:
    """Values behind an operator: `status[one_of]=A&status[one_of]=B`, or `custom_field[ID][one_of]=A`."""

    operators: tuple[str, ...]
    depth: int = 1

    def read(self, name: str, brackets: tuple[str, ...], values: list[str]) -> Operators:
        """Take all values of one operator."""
        if brackets[-1] not in self.operators:
            raise _wrong(name, f"accepts the operators {', '.join(self.operators)}")
        return {brackets[-1]: tuple(values)}


def read_query(given: Iterable[tuple[str, list[str]]], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Read all parameters; a filter becomes `{operator: values}`, one with an ID `{id: {operator: values}}`."""
    read: dict[str, Any] = {}
    for text, values in given:
        name, brackets = _split(text, parameters)
        value = parameters[name].read(text, brackets, values)
        match brackets:
            case ():
                read[name] = value
            case (_,):
                read.setdefault(name, {}).update(value)
            case (identifier, _):
                read.setdefault(name, {}).setdefault(identifier, {}).update(value)
    return {name: value for name, value in read.items() if value is not None}


def _split(text: str, parameters: Mapping[str, Parameter]) -> tuple[str, tuple[str, ...]]:
    found = _NAME.fullmatch(text)
    if not found or found["name"] not in parameters:
        known = ", ".join(parameters) or "none"
        raise ApiError(
            422, (Problem("unknown_parameter", f"unknown query parameter; there are: {known}", text or "?"),)
        )
    brackets = tuple(re.findall(r"\[([^\[\]]*)\]", found["brackets"]))
    if len(brackets) != parameters[found["name"]].depth:
        raise _wrong(text, f"takes {parameters[found['name']].depth} pairs of brackets")
    return found["name"], brackets


def _only(name: str, values: list[str]) -> str:
    if len(values) > 1:
        raise _wrong(name, "must be given once")
    return values[0]


def _wrong(name: str, message: str) -> ApiError:
    return ApiError(422, (Problem("invalid_parameter", f"{name} {message}", name, "/" + name),))
