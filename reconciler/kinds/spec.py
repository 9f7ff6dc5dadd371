"""What a kind of resource is: a table of fields, its parts, and how the API lists, makes and edits it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from reconciler.kinds.naming import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.errors import Problem
    from reconciler.kinds.naming import At, Lookup
    from reconciler.kinds.types import Json, Type
    from reconciler.model import Child, Leaves, Manifest


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
