"""A JSON body and the shape that it must have in, every problem with it out; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from reconciler.sandbox import moments
from reconciler.sandbox.errors import Problem

Json = dict[str, Any]
Path = tuple[str, ...]

INT64 = range(-(2**63), 2**63)


class Shape(Protocol):
    """What a value must look like."""

    @property
    def required(self) -> bool:
        """Whether the property must be there."""

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has, placed at or below the path."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string, perhaps one of a few; null where that unsets it."""

    required: bool = False
    shortest: int = 0
    longest: int | None = None
    one_of: tuple[str, ...] = ()
    nullable: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if value is None and self.nullable:
            return
        if not isinstance(value, str):
            yield _wrong_type(path, "a string")
        elif not _is_unicode(value):
            yield Problem.at(path, "invalid_value", "must be valid Unicode text")
        elif self.one_of and value not in self.one_of:
            yield Problem.at(path, "invalid_enum_value", f"must be one of {', '.join(self.one_of)}")
        elif len(value.strip()) < self.shortest:
            yield Problem.at(path, "is_required", "must not be empty")
        elif self.longest is not None and len(value) > self.longest:
            yield Problem.at(path, "too_long", f"must be at most {self.longest} characters long")


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number of 64 bits."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield _wrong_type(path, "an integer")
        elif value not in INT64:
            yield Problem.at(path, "invalid_value", "must fit into 64 bits")


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, bool):
            yield _wrong_type(path, "true or false")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date-time with a zone."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, str):
            yield _wrong_type(path, "a string")
            return
        try:
            moments.parse(value)
        except (ValueError, OverflowError):
            yield Problem.at(path, "invalid_value", "must be a date-time like 2026-11-20T09:12:00Z")


@dataclass(frozen=True, slots=True)
class Items:
    """A list of values of one shape."""

    of: Shape
    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, list):
            yield _wrong_type(path, "a list")
            return
        for position, item in enumerate(value):
            yield from self.of.problems(item, (*path, str(position)))


@dataclass(frozen=True, slots=True)
class Object:
    """Named values; other names are refused, except those that an answer has and a client may send back."""

    fields: Mapping[str, Shape]
    required: bool = False
    ignored: frozenset[str] = field(default_factory=frozenset)

    def problems(self, value: Any, path: Path = ()) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, dict):
            yield _wrong_type(path, "an object")
            return
        for name, shape in self.fields.items():
            if name in value:
                yield from shape.problems(value[name], (*path, name))
            elif shape.required:
                yield Problem.at((*path, name), "is_required", f"{name} is required")
        for name in value.keys() - self.fields.keys() - self.ignored:
            shown = name if _is_unicode(name) else ascii(name)
            yield Problem.at((*path, shown), "unknown_field", f"{shown} is not a field of this request")


def _wrong_type(path: Path, wanted: str) -> Problem:
    return Problem.at(path, "invalid_type", f"must be {wanted}")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
