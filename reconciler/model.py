"""The nouns that the stages hand to each other: frozen values, no behaviour beyond their own text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.documents import Document


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Return `file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


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


class Cause(Enum):
    """Why a field differs."""

    MANIFEST = "changed in the manifest"
    DRIFT = "drifted"
    BOTH = "changed on both sides"
    UNRECORDED = "unrecorded"


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


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that will be written: `old` and `new` as people read them; `name` as they write it."""

    name: str
    old: Any
    new: Any
    cause: Cause
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    """Members of a list that come and go; both empty where the value is no list, or only its order changes."""


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
    not_these: tuple[str, ...] = ()
    """IDs and references of what looks like it and is not (`metadata.not`)."""
    verb = "create"


@dataclass(frozen=True, slots=True)
class Edit:
    """Fields of something that exists, or that an earlier step creates (`live` is None then).

    `makes_room` marks a move to a rank that is free, so that two objects can exchange theirs.
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
        return "make room for" if self.makes_room else "edit"


@dataclass(frozen=True, slots=True)
class Post:
    """An update on an incident's timeline; it cannot be edited once posted.

    `kept` are moves that it was declared with and goes without, as people moved the incident: path, the value
    declared, the value live.
    """

    key: Key
    source: Source
    request: Request
    sent: Leaves
    idempotency_key: str
    after: tuple[Step, ...] = ()
    kept: tuple[tuple[Path, Leaf, Leaf], ...] = ()
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
    """A record that state drops, because its resource is gone and its manifest too (a later version makes these)."""

    key: Key
    source: Source
    after: tuple[Step, ...] = ()
    verb = "forget"


@dataclass(frozen=True, slots=True)
class Delete:
    """A resource that is removed from the account (a later version makes these)."""

    key: Key
    source: Source
    live: Live
    request: Request
    after: tuple[Step, ...] = ()
    verb = "delete"


Change = Create | Edit | Post | Adopt | Forget | Delete


def step(change: Change) -> Step:
    """Return the name of a change within its plan."""
    return Step(change.verb, change.key)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a plan saw and state does not know yet; apply records it without a request.

    `declared` are leaves that stand as they are (equal, kept, or not to be read back), `answered` what the account
    has for them, `forgotten` fields that the manifest no longer states.
    """

    id: str
    how: str
    declared: Leaves
    answered: Leaves
    forgotten: tuple[str, ...] = ()
    generation: str = "1"
    mode: str = ""
    on_remove: str = ""
    reference: str = ""
    link: str = ""


class Why(Enum):
    """Why a resource is not touched although its manifest asks for something; each makes exit code 4."""

    IMPOSSIBLE = "impossible"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SIGHT = "out of sight"
    CONFLICT = "changed on both sides"
    UNKNOWN = "unknown"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource that a plan leaves out whole, with the reason and what can be done."""

    why: Why
    key: Key
    source: Source
    message: str
    hint: str = ""


class Topic(Enum):
    """What a notice is about; none changes an exit code."""

    KEPT = "kept"
    FROZEN = "frozen"
    FINISHED = "finished"
    TRIAGE = "in triage"
    UNDECLARED = "no longer declared"
    UNSTATED = "no longer stated"
    ALREADY = "already as planned"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know and the plan does nothing about."""

    topic: Topic
    key: Key
    message: str
    source: Source | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply will do, in an order that works, and what it will not do, with reasons.

    `who_will_notice` are finished sentences, the gravest first; `live` tells reference and link of each
    resource that exists; `unchanged` are the resources with nothing to do.
    """

    workspace: str
    organisation: str
    files: int
    resources: int
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()
    unchanged: tuple[Key, ...] = ()
    who_will_notice: tuple[str, ...] = ()
    live: Mapping[Key, Live] = field(default_factory=dict)
    observed: Mapping[Key, Observation] = field(default_factory=dict)
    timelines: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    """IDs of the updates by API keys, oldest first, of each incident whose updates were read."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What people call the IDs that requests and fields hold."""
    private: frozenset[Key] = frozenset()
    """Incidents whose texts are shown on a terminal only."""
    managed: int = 0
    """How many resources are declared or remembered: what a share is a share of."""

    @property
    def is_empty(self) -> bool:
        """Return whether apply would have nothing to do."""
        return not self.changes

    @property
    def requests(self) -> int:
        """Return how many writes apply will send."""
        return sum(1 for change in self.changes if getattr(change, "request", None) is not None)

    @property
    def summary(self) -> dict[str, int]:
        """Return how many resources (for `post`: updates) each word is true of; computed from the changes."""
        created = {change.key for change in self.changes if isinstance(change, Create) and not change.key.child}
        adopted = {change.key.parent for change in self.changes if isinstance(change, Adopt)}
        touched = {
            change.key.parent
            for change in self.changes
            if isinstance(change, Edit) or (isinstance(change, Create) and change.key.child)
        }
        topics = [notice.topic for notice in self.notices]
        return {
            "create": len(created),
            "edit": len(touched - created),
            "post": sum(isinstance(change, Post) for change in self.changes),
            "adopt": len(adopted),
            "forget": sum(isinstance(change, Forget) for change in self.changes),
            "delete": sum(isinstance(change, Delete) for change in self.changes),
            "unchanged": len(self.unchanged),
            "frozen": topics.count(Topic.FROZEN),
            "finished": topics.count(Topic.FINISHED),
            "impossible": len(self.refusals),
        }


@dataclass(frozen=True, slots=True)
class Done:
    """A change that the API acknowledged. `note` says what is worth knowing, such as a value that did not take."""

    change: Change
    id: str
    reference: str = ""
    link: str = ""
    request_id: str = ""
    adopted: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A change that was not carried out, and why."""

    change: Change
    message: str
    hint: str = ""
    request_id: str = ""
    exit_code: int = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was not tried, because of another one or because the run was stopped."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A change of which nobody knows whether it was carried out; the next run finds out."""

    change: Change
    message: str
    hint: str = ""


Outcome = Done | Failed | Skipped | Unknown
