"""What names mean: the listings in which they are looked for, what is found there, and the type of a name. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.kinds.types import Json, Type
from reconciler.model import Leaf, Path, Ref, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means in this account: an ID, or a `Ref` to what will be created; `facts` as the API lists it."""

    value: str | Ref
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def leaf(self) -> Leaf:
        """Return it as a leaf that reads as its name."""
        return Leaf(self.value, self.text)


class Lookup(Protocol):
    """Names of the account and of the manifests; what is unknown or ambiguous is reported, and None returned."""

    def find(self, listing: str, name: Json, at: Source, scope: str | Ref = "") -> Found | None:
        """Return what `name` (a text, or `{id: …}`) means among the objects of `listing`."""

    def report(self, at: Source, message: str, hint: str = "") -> None:
        """Add a problem at its place."""


class At(Protocol):
    """Tells the place of a value by its path below `spec`."""

    def __call__(self, *path: str | int) -> Source:
        """Return the place."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects that the API lists, and by which of their properties people name them.

    `page_size` 0 is an unpaginated endpoint; `scope` names the query parameter that a list is bound to
    (the custom field of an option, the catalog type of an entry).
    """

    path: str
    items: str
    named_by: tuple[str, ...] = ("name",)
    page_size: int = 0
    scope: str = ""
    noun: str = ""
    plural: str = ""
    name: str = "name"


def name_schema(noun: str) -> dict[str, Json]:
    """Return the schema of a name in the account: its text, or `{id: …}`."""
    return {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {
                "type": "object",
                "properties": {
                    "id": {
                        "type": "string",
                        "minLength": 1,
                        "description": f"The ID of the {noun} in the account.",
                    }
                },
                "required": ["id"],
                "additionalProperties": False,
            },
        ]
    }


@dataclass(frozen=True, slots=True)
class Name(Type):
    """An object of the account (or one declared beside), by its name or `{id: …}`."""

    listing: str
    noun: str

    def schema(self) -> dict[str, Json]:
        """Return a name."""
        return name_schema(self.noun)

    def listings(self) -> tuple[str, ...]:
        """Return its listing."""
        return (self.listing,)

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield the ID that the name means."""
        found = lookup.find(self.listing, value, at(*path))
        if found:
            yield path, found.leaf

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield the ID of the object that the answer carries, or of the bare ID."""
        match value:
            case {"id": identifier}:
                yield path, Leaf(identifier, value.get("name", identifier))
            case str():
                yield path, Leaf.plain(value)
            case _:
                yield path, Leaf.plain(None)
