"""What is known of a resource before it is looked for, and what comes of that. Pure.

Each answer is a value of its own, so that nothing can be taken for found that is only likely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.identity.keys import DEFAULT_GENERATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.identity.keys import Owner
    from reconciler.model import Key


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation of a resource that state tells of; `is_left` where it is not managed any more."""

    id: str
    generation: str
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What an incident was asked for as, and when (Unix seconds)."""

    name: str
    mode: str
    visibility: str
    time: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a resource before it is looked for.

    `title` is its live name as far as known, `recorded_id` what state says, `buried_id` what a tombstone of this very
    generation says, `earlier` what state says of other generations. `markers` are the keys that it may carry, the
    likeliest first. `asked_at` is when an earlier run asked for it, in Unix seconds; 0 where none did.
    """

    key: Key
    title: str
    stated_id: str = ""
    recorded_id: str = ""
    buried_id: str = ""
    earlier: tuple[Generation, ...] = ()
    markers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What it may be called in keys."""
    mode: str = "standard"
    visibility: str = "public"
    not_these: tuple[str, ...] = ()
    generation: str = DEFAULT_GENERATION
    asked_at: float = 0.0
    answered_id: str = ""
    """What the API answered to its key, where that is not what was asked for."""
    asked_name: str = ""
    """The name that configuration was asked for with, and may have by now."""
    asked_earlier: Asked | None = None
    """What another generation was asked for as, where nobody learned the answer."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the IDs and references by which it is known."""
        return tuple(one for one in (self.stated_id, self.recorded_id, self.buried_id) if one)

    def excludes(self, one: Mapping[str, Any]) -> bool:
        """Return whether the manifest says that an object is not it: by ID, reference, or the number in that."""
        reference = one.get("reference", "")
        return not {one["id"], reference, reference.rpartition("-")[2]}.isdisjoint(self.not_these)


@dataclass(frozen=True, slots=True)
class Matched:
    """The object that a manifest means, and how it was found."""

    raw: Mapping[str, Any]
    how: str

    @property
    def is_new(self) -> bool:
        """Return whether state does not know it yet."""
        return self.how != "state"


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing in the account is it."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several objects may be it, or one that a person made: a person must say which."""

    candidates: tuple[Mapping[str, Any], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """Its ID is known and the account does not show it: deleted, or private to this key."""

    id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """It would be what another resource manages."""

    raw: Mapping[str, Any]
    holder: Key


@dataclass(frozen=True, slots=True)
class Marked:
    """It would be an incident that carries another key: that of `owner`, where this workspace made it."""

    raw: Mapping[str, Any]
    text: str
    owner: Owner | None
    is_recorded: bool
    is_stated: bool = False
    """Whether `metadata.id` says that it is this one."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An incident carries its very key, and not in the field that carries keys: in `field`, as the API tells of it."""

    raw: Mapping[str, Any]
    field: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the manifest names by its ID is, as state knows, another `generation` of it."""

    raw: Mapping[str, Any]
    generation: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Its earlier generation is not finished, so it cannot be declared anew; `raw` is None where nobody can tell.

    `left` is which one it was, where it is not managed any more.
    """

    id: str
    raw: Mapping[str, Any] | None
    left: str = ""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """One that looks the same and runs still was `holder`, and is not managed any more."""

    raw: Mapping[str, Any]
    holder: Key


@dataclass(frozen=True, slots=True)
class Mistaken:
    """`metadata.id` names what looks in all like another resource that is declared (`other`), and not like this one."""

    raw: Mapping[str, Any]
    other: Key


@dataclass(frozen=True, slots=True)
class Astray:
    """Nothing is it, and it is not to be created: what its manifest says that it was (`names`) leads nowhere."""

    names: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """Its key was used for something else: for what another resource is by now, or for what differs from it."""

    raw: Mapping[str, Any] | None
    id: str
    holder: Key | None
    is_declared: bool = True
    """Whether the holder is managed; false for what was forgotten."""


Match = (
    Matched
    | Absent
    | Ambiguous
    | OutOfSight
    | Taken
    | Marked
    | Mistaken
    | Elsewhere
    | Unfinished
    | Earlier
    | Forgotten
    | Astray
    | Used
)


@dataclass(frozen=True, slots=True)
class Objects:
    """What the account holds of one kind; `gone` are IDs that were asked for by name and not shown."""

    all: Sequence[Mapping[str, Any]]
    gone: frozenset[str] = frozenset()
    by_id: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Iterable[Mapping[str, Any]], gone: Iterable[str] = ()) -> Objects:
        """Index objects by ID, and incidents by their reference as well."""
        every = list(objects)
        index = {one["id"]: one for one in every}
        index |= {one["reference"]: one for one in every if one.get("reference")}
        return cls(every, frozenset(gone), index)
