"""What is to be done with a resource, and why: the parts of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.model.resources import Key, Leaf, Leaves, Live, Path, Source


class Cause(Enum):
    """Why a field differs."""

    MANIFEST = "changed in the manifest"
    DRIFT = "drifted"
    BOTH = "changed on both sides"
    UNRECORDED = "unrecorded"
    UNMARKED = "carries no key yet"
    """The field that carries an incident's key (`identity_field`) does not."""
    RENAMED = "renamed: it carries the key of its old name"
    CLEARED = "its key was changed outside"
    OTHER_KEY = "carries another key"
    REMOVED = "no longer declared"


@dataclass(frozen=True, slots=True)
class Mover:
    """Who did something to an incident, and when (UTC). `kind` is `user`, `api_key`, `workflow` or `alert`.

    Both texts are empty where the activity log does not name anybody.
    """

    name: str
    kind: str
    at: datetime

    @property
    def is_person(self) -> bool:
        """Return whether a person did it, not a program."""
        return self.kind == "user"

    @property
    def who(self) -> str:
        """Return what a sentence calls them."""
        nouns = {"api_key": "API key", "workflow": "workflow", "alert": "alert"}
        return " ".join(filter(None, (nouns.get(self.kind, ""), self.name))) or "somebody"

    def __str__(self) -> str:
        """Return `Bob Baker, 20 Nov 14:02`; the time is UTC."""
        return f"{self.who}, {self.at.day} {self.at:%b %H:%M}"


class Fate(Enum):
    """What an apply does with a field that somebody changed outside."""

    REFUSED = "refused"
    KEPT = "kept"
    OVERWRITTEN = "overwritten"


@dataclass(frozen=True, slots=True)
class Drifted:
    """A field that somebody changed outside: what we `left` there, what is live and what is desired, as people read it.

    `name` is as people write it; `field` what a drift policy names. `asker` is who says what is desired: the manifest,
    or an update. A child that is gone from the account has no path (`is_gone`).
    """

    key: Key
    source: Source
    path: Path
    name: str
    field: str
    left: Any
    live: Any
    desired: Any
    cause: Cause
    fate: Fate
    is_set: bool = True
    """Whether anything is live."""
    is_finished: bool = False
    """Whether it is the status of an incident that others brought further than its manifest."""
    is_paused: bool = False
    """Whether it is the status of an incident that people paused, and that its manifest would have go on or end."""
    held_back: tuple[str, ...] = ()
    """The updates that are not posted, as others finished or paused the incident."""
    is_unread: bool = False
    """Whether an apply leaves it as it does not look, unless `--on-drift` or a change in the manifest asks for it."""
    asker: str = "the manifest"
    mover: Mover | None = None

    @property
    def is_gone(self) -> bool:
        """Return whether it is a child that was deleted outside."""
        return not self.path

    @property
    def what(self) -> str:
        """Return what a sentence calls it."""
        return " ".join((*self.key.child, *filter(None, (self.name,))))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that will be written: `old` and `new` as people read them; `name` as they write it.

    `mover` is who changed it outside, where that is known.
    """

    name: str
    old: Any
    new: Any
    cause: Cause
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    """Members of a list that come and go; both empty where the value is no list, or only its order changes."""
    mover: Mover | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One write, as apply will send it. `path` and `body` may hold `Ref`s: in a path `{Severity/sev0#id}`."""

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """The name of a change within its plan, such as `create Incident/checkout`; unique there."""

    verb: str
    key: Key

    def __str__(self) -> str:
        """Return the verb and the key."""
        return f"{self.verb} {self.key}"


@dataclass(frozen=True, slots=True)
class Create:
    """A resource or a child that does not exist yet. `sent` are the leaves that the request carries.

    `unfinished` says that an earlier run asked for it and never learned the answer: the request is that one.
    """

    key: Key
    source: Source
    name: str
    request: Request
    sent: Leaves
    idempotency_key: str = ""
    after: tuple[Step, ...] = ()
    unfinished: bool = False
    generation: str = "1"
    on_remove: str = ""
    protect: str = ""
    not_these: tuple[str, ...] = ()
    """IDs and references of what looks like it and is not (`metadata.not`)."""
    verb = "create"


EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Edit:
    """Fields of something that exists, or that an earlier step creates (`live` is None then).

    `makes_room` marks a move to a rank or a name that is free, so that two objects can exchange theirs.
    """

    key: Key
    source: Source
    request: Request
    sent: Leaves
    fields: tuple[FieldChange, ...]
    live: Live | None = None
    after: tuple[Step, ...] = ()
    makes_room: bool = False

    @property
    def verb(self) -> str:
        """Return what tells its step from others of the same resource."""
        return "make room for" if self.makes_room else EDIT


@dataclass(frozen=True, slots=True)
class Post:
    """An update on an incident's timeline; it cannot be edited once posted.

    `kept` are moves that it was declared with and goes without, as people moved the incident: path, the value
    declared, the value live. `unfinished` as of a `Create`.
    """

    key: Key
    source: Source
    request: Request
    sent: Leaves
    idempotency_key: str
    after: tuple[Step, ...] = ()
    kept: tuple[tuple[Path, Leaf, Leaf], ...] = ()
    unfinished: bool = False
    verb = "post"


@dataclass(frozen=True, slots=True)
class Adopt:
    """A live incident that becomes managed: nothing is sent, state learns what it is; `how` says how it was found."""

    key: Key
    source: Source
    live: Live
    how: str
    after: tuple[Step, ...] = ()
    verb = "adopt"


@dataclass(frozen=True, slots=True)
class Forget:
    """A resource that is not managed any more: nothing is sent, and state keeps a tombstone.

    `known` is what people call the live object, `why` the reason that it is no more than forgotten.
    """

    key: Key
    source: Source
    known: str
    why: str
    after: tuple[Step, ...] = ()
    name: str = ""
    """What it is called, where everybody may read that."""
    verb = "forget"


@dataclass(frozen=True, slots=True)
class Delete:
    """A resource that is taken out of the account, as no manifest declares it any more; `name` is its live one."""

    key: Key
    source: Source
    name: str
    live: Live
    request: Request
    after: tuple[Step, ...] = ()
    verb = "delete"


Change = Create | Edit | Post | Adopt | Forget | Delete


def step(change: Change) -> Step:
    """Return the name of a change within its plan."""
    return Step(change.verb, change.key)
