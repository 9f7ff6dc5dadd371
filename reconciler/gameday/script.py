"""The nouns of a script: what happens when, what people are expected to do, and who plays them. Frozen.

Every time is in seconds of script time: what the clock of a run shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.documents import Document
    from reconciler.model import Source

DEFAULT_CATCH_UP = 120.0
"""Seconds of script time by which a step may be late and is done all the same."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is due: seconds after the start, or after the step `after` was due."""

    offset: float
    after: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """An incident that the script may declare: its name in the script, and the `spec` of an Incident manifest."""

    name: str
    spec: Mapping[str, Any]
    source: Source
    group: str = ""
    """The name with `for_each` that it is one of; empty for one of its own."""
    document: Document | None = field(default=None, repr=False, compare=False)
    """Knows the place of each part of `spec`, as the document of a manifest does."""


@dataclass(frozen=True, slots=True)
class Declare:
    """Declare an incident."""

    incident: str


@dataclass(frozen=True, slots=True)
class Set:
    """Write fields of an incident, once; `fields` are as a manifest's `spec` has them."""

    incident: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Update:
    """Post an update; `fields` are `message`, `status` and `severity`, as far as it has them."""

    incident: str
    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Add a timeline item, dated when the step was due; `fields` are as a manifest's `timeline` has them."""

    incident: str
    id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assign:
    """Give a role of an incident to a user; of a cast, an empty `to` is whoever acts."""

    incident: str
    role: str
    to: Any = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Close an incident."""

    incident: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Let the clock stand until the host goes on; `message` tells them why."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Tell the host something; nothing is sent."""

    text: str


@dataclass(frozen=True, slots=True)
class RoleAssigned:
    """Somebody holds a role."""

    role: str


@dataclass(frozen=True, slots=True)
class UpdatePosted:
    """A person posted an update, with a message that `matches` (a regular expression, found anywhere) where given."""

    matches: str = ""


@dataclass(frozen=True, slots=True)
class SeverityAtLeast:
    """People brought the severity to this one, or to one above it."""

    severity: str


@dataclass(frozen=True, slots=True)
class StatusReached:
    """People brought the incident to this status."""

    status: str


@dataclass(frozen=True, slots=True)
class FieldFilled:
    """People filled a custom field."""

    field: str


@dataclass(frozen=True, slots=True)
class TaskCreated:
    """A person created an action or a follow-up (`noun`), with a text that `matches` where given."""

    noun: str
    matches: str = ""


Condition = RoleAssigned | UpdatePosted | SeverityAtLeast | StatusReached | FieldFilled | TaskCreated


@dataclass(frozen=True, slots=True)
class Expect:
    """What people should do to an incident `within` seconds of the step; with `never`, what they should not do."""

    incident: str
    condition: Condition
    within: float
    never: bool = False


Deed = Declare | Set | Update | Timeline | Assign | Close | Pause | Note | Expect


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the script; `id` is stated, or made from what it does, and never used twice."""

    id: str
    when: Moment
    deed: Deed
    source: Source
    path: tuple[str | int, ...] = field(default=(), repr=False, compare=False)
    """Where it stands in the document."""

    @property
    def incident(self) -> str:
        """Return the incident that it is about; empty where it is about none."""
        return getattr(self.deed, "incident", "")


@dataclass(frozen=True, slots=True)
class Task:
    """Create an action or a follow-up (`noun`); only people do that."""

    incident: str
    noun: str
    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a simulated person, by e-mail address, does at a moment."""

    who: str
    when: Moment
    deed: Assign | Update | Set | Task | Close
    source: Source
    id: str = ""
    path: tuple[str | int, ...] = field(default=(), repr=False, compare=False)
    """Where it stands in the document."""

    @property
    def incident(self) -> str:
        """Return the incident that it is about."""
        return self.deed.incident


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that `--set` gives; `type` is string, integer, number, boolean or duration."""

    name: str
    type: str
    value: Any
    description: str = ""
    is_default: bool = True
    is_private: bool = False
    """Whether a private incident, or what is said of one, is filled with it."""


@dataclass(frozen=True, slots=True)
class GameDay:
    """A whole game day, its parameters filled in and each `for_each` written out; steps as they are written."""

    name: str
    title: str
    description: str
    source: Source
    incidents: Mapping[str, Template]
    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...] = ()
    cast: tuple[Act, ...] = ()
    catch_up: float = DEFAULT_CATCH_UP
    digest: str = ""
    """Tells whether the script is the one that a run began with: SHA-256 of what it comes to, parameters included."""
    document: Document | None = field(default=None, repr=False, compare=False)
    """What it was read from, filled in."""

    @property
    def doings(self) -> tuple[Step | Act, ...]:
        """Return what the script does and what the cast does."""
        return (*self.steps, *self.cast)

    def at(self, one: Step | Act, *below: str | int) -> Source:
        """Return the place of a part of a step or an act, or of the nearest thing around it that was written."""
        return self.document.at(*one.path, *below) if self.document and one.path else one.source


@dataclass(frozen=True, slots=True)
class Timetable:
    """When everything is due, in order: pairs of seconds and what is due; of what is due at once, as written."""

    steps: tuple[tuple[float, Step], ...]
    acts: tuple[tuple[float, Act], ...] = ()

    @property
    def due(self) -> Mapping[str, float]:
        """Return when each step is due, by its ID."""
        return {step.id: at for at, step in self.steps}

    @property
    def end(self) -> float:
        """Return when the script is over: the last step, act, or end of a window."""
        windows = [at + step.deed.within for at, step in self.steps if isinstance(step.deed, Expect)]
        return max([*windows, *(at for at, _ in self.steps), *(at for at, _ in self.acts)], default=0.0)
