"""What apply will do, what it will not do, and what people should know."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from reconciler.model.changes import Adopt, Create, Delete, Edit, Forget, Post

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.changes import Change, Drifted
    from reconciler.model.resources import Key, Leaves, Live, Path, Source


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
    protect: str = ""
    reference: str = ""
    link: str = ""
    idempotency_key: str = ""
    """What it was declared with, where its name is another one by now."""
    found: tuple[Path, ...] = ()
    """Those of `declared` that nobody declared: they stood there, and are written over."""


@dataclass(frozen=True, slots=True)
class Rename:
    """A resource that has another name by now (`metadata.was`): its record, its children and what is pending.

    It keeps the `idempotency_key` that it was declared with; empty where its kind has none.
    """

    old: Key
    new: Key
    idempotency_key: str
    source: Source


class Why(Enum):
    """Why a resource is not touched although its manifest asks for something; each makes exit code 4."""

    IMPOSSIBLE = "impossible"
    AMBIGUOUS = "ambiguous"
    OUT_OF_SIGHT = "out of sight"
    CONFLICT = "changed on both sides"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    STALE = "stale"
    PROTECTED = "protected"
    TOUCHED = "touched"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A resource that a plan leaves out whole, with the reason and what can be done."""

    why: Why
    key: Key
    source: Source
    message: str
    hint: str = ""
    moved: tuple[Drifted, ...] = ()
    """What somebody changed outside, where that is the reason."""


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that the plan as a whole is over, with what lets it pass: apply refuses all of it."""

    message: str
    hint: str = ""


class Topic(Enum):
    """What a notice is about; none changes an exit code."""

    KEPT = "kept"
    FROZEN = "frozen"
    FINISHED = "finished"
    PAUSED = "paused"
    TRIAGE = "in triage"
    UNDECLARED = "no longer declared"
    UNSTATED = "no longer stated"
    RENAMED = "renamed"
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
    moved: Drifted | None = None
    """What somebody changed outside, where it is about that."""


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
    drifted: tuple[Drifted, ...] = ()
    """Every field that somebody changed outside since it was last written, whatever becomes of it."""
    not_looked_up: int = 0
    """Incidents of which nobody looked up who changed them, as that takes a request each."""
    closes: tuple[Key, ...] = ()
    """Incidents that it brings into a closed status."""
    managed: int = 0
    """How many resources are declared or remembered: what a share is a share of."""
    identity_field: str | None = None
    """The field that carries the keys of incidents, empty where none does; None where there are no incidents."""
    awaits_field: bool = False
    """Whether that field is not there yet, so that no incident carries its key."""
    renames: tuple[Rename, ...] = ()
    """Names that `metadata.was` gives to what is remembered; apply notes them first."""
    revived: Mapping[Key, str] = field(default_factory=dict)
    """IDs of tombstones that are managed again; apply notes them next."""
    found_by: Mapping[Key, str] = field(default_factory=dict)
    """How each resource that exists was found."""
    absent: frozenset[Key] = frozenset()
    """Resources that nothing in the account is."""
    over_limits: tuple[Excess, ...] = ()
    """Limits that it is over, for which apply refuses it whole."""
    generations: Mapping[Key, str] = field(default_factory=dict)
    """Which declaration of its name each declared resource is."""

    @property
    def declared(self) -> frozenset[Key]:
        """Return all resources with a manifest."""
        return frozenset(self.generations)

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
            "paused": topics.count(Topic.PAUSED),
            "impossible": sum(one.why is Why.IMPOSSIBLE for one in self.refusals),
            "refused": len(self.refusals),
        }
