"""Who a resource is, what its manifest says, what it should be and what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.documents import Document


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a file; line and column count from 1, and are 0 where there is no file (`NO_MANIFEST`)."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Return `file:line:column`; the name alone where there is no file."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NO_MANIFEST = Source("no manifest", 0, 0)
"""Where a resource is declared that is not declared any more."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Who a resource is: `Incident/checkout`, a child `Incident/checkout/update/first-notice`."""

    kind: str
    name: str
    child: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the key as people read and type it."""
        return "/".join((self.kind, self.name, *self.child))

    @property
    def parent(self) -> Key:
        """Return the resource that this one belongs to; itself where it is no child."""
        return Key(self.kind, self.name) if self.child else self

    def of(self, *child: str) -> Key:
        """Return the key of a child."""
        return Key(self.kind, self.name, child)

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read `Kind/name[/…]`; raises `ValueError` on anything else."""
        kind, slash, rest = text.partition("/")
        # What people choose from may hold a slash: `CustomField/region/option/EU/US`.
        name, *child = rest.split("/", 2)
        if not (kind and slash and name):
            raise ValueError(text)
        return cls(kind, name, tuple(child))


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """The ID of a resource that may not exist yet; in a plan `{"$ref": "Severity/sev0#id"}`."""

    key: Key

    def __str__(self) -> str:
        """Return the text of the `$ref`."""
        return f"{self.key}#id"


Path = tuple[str | Ref, ...]
"""Where a field stands in a resource: `("status",)`, `("custom_fields", "01H…")`; parts of a map go by ID."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One resource as written: its envelope, and the document that knows each value's place."""

    key: Key
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    document: Document
    defaults: Document | None = None
    """Where `spec` got what the manifest itself leaves out (the workspace's `defaults`)."""

    @property
    def source(self) -> Source:
        """Return where the manifest begins."""
        return self.document.source

    def at(self, *path: str | int) -> Source:
        """Return the place of a value of `spec`, or of the nearest thing around it that was written."""
        if self.defaults is not None and path and path[0] not in self.document.value.get("spec", {}):
            return self.defaults.at("spec", "defaults", self.key.kind, *path)
        return self.document.at("spec", *path)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that is compared and written: `value` as the API takes it, `text` as people read it.

    Values are canonical: two leaves mean the same exactly when their values are equal. A value may hold `Ref`s.
    `label` is what people call a part of a map (whose path has its ID); `fixed` says that the API takes the
    value at creation only.
    """

    value: Any
    text: Any = None
    label: str = ""
    fixed: bool = False

    @classmethod
    def plain(cls, value: Any) -> Leaf:
        """Return a leaf that reads as it is sent."""
        return cls(value, value)


Leaves = dict[Path, Leaf]


@dataclass(frozen=True, slots=True)
class Child:
    """A part of a resource that has an ID and requests of its own: an update, a timeline item, an option."""

    key: Key
    leaves: Leaves
    source: Source


@dataclass(frozen=True, slots=True)
class Desired:
    """One resource as it should be: names resolved to IDs, or to `Ref`s of what does not exist yet."""

    key: Key
    name: str
    """The live name: the natural key of configuration, the title of an incident."""
    leaves: Leaves
    manifest: Manifest
    children: tuple[Child, ...] = ()
    creation: Leaves = field(default_factory=dict)
    """What is asked for at creation only (`declare_as`)."""

    @property
    def source(self) -> Source:
        """Return where its manifest begins."""
        return self.manifest.source


@dataclass(frozen=True, slots=True)
class Live:
    """One object of the account: its ID, its fields as leaves, and the answer as it came."""

    id: str
    leaves: Leaves
    raw: Mapping[str, Any]
    reference: str = ""
    link: str = ""
