"""What a kind of resource is: a table of fields, each with a type that knows its schema and its two directions.

A field type turns what a manifest says into leaves (`desire`), what the API answered into leaves (`observe`),
and leaves into a request body (`encode`). Both directions end in one canonical form, so two leaves mean the
same exactly when their values are equal. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.model import Child, Leaf, Leaves, Path, Ref, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.errors import Problem
    from reconciler.model import Manifest

Json = Any
"""A value as JSON has it."""


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


class When(Enum):
    """When the API takes a field."""

    ALWAYS = "always"
    CREATE = "at creation only"
    EDIT = "once created"


class Drift(Enum):
    """What happens to a field that somebody changed outside."""

    OVERWRITE = "overwrite"
    KEEP = "keep"
    FAIL = "fail"


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


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a kind's table.

    `wire` is its property in a request, `live` in an answer (None: it cannot be read back), both the field's
    own name unless said. `distinct` says that two objects may not hold the same value at a time, among those that
    share the value of the field it names ("" among all).
    """

    type: Type
    description: str
    required: bool = False
    when: When = When.ALWAYS
    wire: str = ""
    live: str | None = ""
    nullable: bool = False
    drift: Drift = Drift.OVERWRITE
    distinct: str | None = None


@dataclass(frozen=True, slots=True)
class ChildKind:
    """A part of a resource with an ID and requests of its own.

    `noun` stands in its key (`Incident/x/timeline/deploy`), `listed` is where a manifest lists them, `parent` the
    property that carries the owner's ID. `keyed` creates carry an idempotency key. `edit` is the verb, empty where
    it can never be edited.
    """

    noun: str
    listed: str
    path: str
    item: str
    items: str
    parent: str
    fields: Mapping[str, Field]
    keyed: bool
    edit: str
    natural_key: tuple[str, ...] = ()
    """The fields by which one is known again without its ID."""
    ordered_by: str = ""
    """The field that holds its place among its siblings, where their order in the manifest matters."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource, as a table.

    `item` and `items` are the envelopes of one object and of a list. `edit_path` and `edit_method` say how an
    object is edited; `whole` that an edit sends the whole object (PUT). `server_fields` are filled by the
    server and never sent back.
    """

    name: str
    path: str
    item: str
    items: str
    fields: Mapping[str, Field]
    description: str
    example: Mapping[str, Json]
    noun: str
    plural: str
    natural_key: bool = True
    """Objects are known by their name; incidents are not."""
    keyed: bool = False
    edit_path: str = "/{id}"
    edit_method: str = "PUT"
    whole: bool = True
    server_fields: frozenset[str] = frozenset({"id", "created_at", "updated_at"})
    page_size: int = 0
    children: tuple[ChildKind, ...] = ()
    timeout: float | None = None
    """Seconds that a create may take; None for the client's own."""
    extra_schema: Mapping[str, Json] = field(default_factory=dict)
    """Schemas of what `spec` holds besides the fields: children and directives, by name."""
    check: Callable[[Manifest], Iterable[Problem]] = lambda _: ()
    """What is wrong with a manifest that its schema cannot say."""
    desire_children: Callable[[Manifest, Lookup], Iterable[Child]] = lambda *_: ()
    """The children that a manifest asks for, in their order."""
    wrap: Callable[[Manifest, dict[str, Json]], dict[str, Json]] = lambda _, body: body
    """Puts an edit's body into the shape that the edit call wants."""

    @property
    def listing(self) -> Listing:
        """Return how its objects are listed."""
        return Listing(self.path, self.items, page_size=self.page_size, noun=self.noun, plural=self.plural)

    def schema(self) -> dict[str, Json]:
        """Return the JSON Schema (2020-12) of `spec`, a description on every property."""
        properties = {name: described(row.type.schema(), row) for name, row in self.fields.items()}
        return {
            "type": "object",
            "description": self.description,
            "properties": properties | dict(self.extra_schema),
            "required": [name for name, row in self.fields.items() if row.required],
            "additionalProperties": False,
        }

    def desire(self, spec: Mapping[str, Json], at: At, lookup: Lookup) -> Leaves:
        """Return the leaves of every field that `spec` states."""
        stated = ((name, row) for name, row in self.fields.items() if name in spec)
        return {
            path: replace(leaf, fixed=True) if row.when is When.CREATE else leaf
            for name, row in stated
            for path, leaf in row.type.desire((name,), spec[name], at, lookup)
        }

    def observe(self, answer: Mapping[str, Json]) -> Leaves:
        """Return the leaves of an object as the API answered it; what cannot be read back is left out."""
        return observe(self.fields, answer)

    def body(self, leaves: Leaves) -> dict[str, Json]:
        """Return the properties of a request that carries these leaves."""
        return encode(self.fields, leaves)

    def whole_body(self, live: Mapping[str, Json], leaves: Leaves) -> dict[str, Json]:
        """Return a live object as a PUT sends it back: these leaves in it, and what we do not know as it came."""
        rest = {name: value for name, value in live.items() if name not in self.server_fields}
        return rest | self.body(leaves)


def observe(fields: Mapping[str, Field], answer: Mapping[str, Json]) -> Leaves:
    """Return the leaves of an answer by a table of fields."""
    return {
        path: leaf
        for name, row in fields.items()
        if row.live is not None
        for path, leaf in row.type.observe((name,), answer.get(row.live or name))
    }


def encode(fields: Mapping[str, Field], leaves: Leaves) -> dict[str, Json]:
    """Return the properties of a request that carries these leaves, by a table of fields."""
    by_field: dict[str, Leaves] = {}
    for path, leaf in leaves.items():
        by_field.setdefault(str(path[0]), {})[path] = leaf
    return {fields[name].wire or name: fields[name].type.encode(mine) for name, mine in by_field.items()}


def described(schema: dict[str, Json], row: Field) -> dict[str, Json]:
    """Return a field's schema with its description, and null where the API can unset it."""
    told = row.description if row.when is When.ALWAYS else f"{row.description} ({row.when.value})"
    if not row.nullable:
        return {"description": told, **schema}
    return {"description": f"{told} `null` unsets it.", "anyOf": [schema, {"type": "null"}]}
