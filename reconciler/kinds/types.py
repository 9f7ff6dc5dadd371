"""What a field can hold: a type knows its schema and its two directions. Pure.

A type turns what a manifest says into leaves (`desire`), what the API answered into leaves (`observe`), and leaves
into a request body (`encode`). Both directions end in one canonical form, so two leaves mean the same exactly when
their values are equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.model import Leaf, Leaves, Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.kinds.naming import At, Lookup

Json = Any
"""A value as JSON has it."""


class Type:
    """A field's type. The default is a plain JSON value that reads as it is written."""

    def schema(self) -> dict[str, Json]:
        """Return the JSON Schema of the manifest's value."""
        raise NotImplementedError

    def canonical(self, value: Json) -> Json:
        """Return the form in which a manifest's and the API's value are the same when they mean the same."""
        return value

    def listings(self) -> tuple[str, ...]:
        """Return the listings in which its names are looked for."""
        return ()

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield what a manifest's value asks for."""
        del at, lookup
        yield path, Leaf.plain(None if value is None else self.canonical(value))

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield what an answer's value says."""
        yield path, Leaf.plain(None if value is None else self.canonical(value))

    def encode(self, leaves: Leaves) -> Json:
        """Return the value of a request body for the leaves of one field."""
        (leaf,) = leaves.values()
        return leaf.value


NOT_BLANK = r"^$|\S"
"""Nothing at all, which another rule is about, or something to see."""
LINK = r"^[Hh][Tt][Tt][Pp][Ss]?://\S+$"


@dataclass(frozen=True, slots=True)
class Text(Type):
    """A text; outer white space and trailing blanks of a line mean nothing."""

    max_length: int | None = None
    min_length: int = 0
    unset: str | None = None
    """What is sent to unset it; None where the API cannot."""

    def schema(self) -> dict[str, Json]:
        """Return a string with its limits."""
        written = NOT_BLANK if self.min_length else None
        limits = {"minLength": self.min_length or None, "maxLength": self.max_length, "pattern": written}
        return {"type": "string"} | {name: limit for name, limit in limits.items() if limit is not None}

    def canonical(self, value: Json) -> Json:
        """Return the text without outer white space, trailing blanks and carriage returns."""
        return "\n".join(line.rstrip() for line in str(value).replace("\r\n", "\n").strip().split("\n"))

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield the text; an empty one is none where it can be unset."""
        del at, lookup
        yield from self.observe(path, value)

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield the text; an empty one is none where it can be unset."""
        text = None if value is None else self.canonical(value)
        yield path, Leaf.plain(None if text == "" and self.unset is not None else text)

    def encode(self, leaves: Leaves) -> Json:
        """Return the text, or what unsets it."""
        (leaf,) = leaves.values()
        return self.unset if leaf.value is None else leaf.value


@dataclass(frozen=True, slots=True)
class Link(Text):
    """The address of a page."""

    def schema(self) -> dict[str, Json]:
        """Return a string that begins with http:// or https://."""
        return {"type": "string", "pattern": LINK}


@dataclass(frozen=True, slots=True)
class Number(Type):
    """A whole number."""

    def schema(self) -> dict[str, Json]:
        """Return an integer."""
        return {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Choice(Type):
    """One of a few words."""

    values: tuple[str, ...]

    def schema(self) -> dict[str, Json]:
        """Return the enumeration."""
        return {"enum": list(self.values)}


INSTANT = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$"
"""RFC 3339 with a zone; seconds may be left out, a space may stand for the T."""


def instant(value: str) -> str:
    """Return a moment in UTC, `2026-11-20T09:12:00Z`; raises `ValueError` where there is none or no zone."""
    moment = datetime.fromisoformat(value.upper())
    if moment.tzinfo is None:
        raise ValueError(value)
    try:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(value) from None
    return moment.isoformat().rstrip("0" if moment.microsecond else "") + "Z"


@dataclass(frozen=True, slots=True)
class Instant(Type):
    """A moment with its zone; compared as an instant."""

    def schema(self) -> dict[str, Json]:
        """Return a string in the form of RFC 3339."""
        return {"type": "string", "format": "date-time", "pattern": INSTANT}

    def canonical(self, value: Json) -> Json:
        """Return the moment in UTC; what is no moment stays as it came."""
        try:
            return instant(str(value))
        except ValueError:
            return value
