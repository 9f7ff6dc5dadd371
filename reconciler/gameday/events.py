"""What a run's journal holds: events, each a line of JSON; everything else about a run is told from them. Frozen.

`at` is script time in seconds; `time` is Unix seconds by the API's own clock, as far as it has told it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT_VERSION = 1


class State(StrEnum):
    """What became of a step. `BEGUN` alone may be followed by another."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"
    """It was due while nobody ran the script, or later than `catch_up` allows."""
    SKIPPED = "skipped"
    """The host passed it over, or what it needs was not done."""
    OVERTAKEN = "overtaken"
    """People had brought the incident where the step has nothing left to do: closed, merged, declined."""
    UNREACHED = "unreached"
    """The run ended before it was due."""


class Verdict(StrEnum):
    """What came of an expectation."""

    HELD = "held"
    FAILED = "failed"
    NOT_OBSERVED = "not observed"
    """Nobody watched its window, so it counts neither way."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as the journal keeps it, so that status and report need no file: when it is due, and what it says.

    `verb` is that of the script (`declare`, `set`, …); `text` tells it in a line; `within` is of expectations alone.
    """

    id: str
    at: float
    verb: str
    incident: str
    text: str
    within: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run."""

    word: ClassVar[str] = ""
    at: float
    time: float


@dataclass(frozen=True, slots=True)
class Begun(Event):
    """A run began; what it plays is told once, here. `incidents` are the titles by name, `private` names of some."""

    word: ClassVar[str] = "begun"
    run: str
    gameday: str
    title: str
    digest: str
    steps: tuple[Planned, ...]
    incidents: Mapping[str, str]
    private: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    end: float = 0.0
    """When the script is over; earlier where `--until` says so."""
    catch_up: float = 120.0
    speed: float = 1.0
    cast: str = ""
    organisation: str = ""
    host: str = ""
    version: int = FORMAT_VERSION
    veiled: tuple[str, ...] = ()
    """Parameters that private incidents are filled with: of their values, a word is kept alone."""
    typed: tuple[str, ...] = ()
    """Those of `veiled` that `--set` gave: to go on, they have to be given again."""


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """A host took the run up again."""

    word: ClassVar[str] = "resumed"
    host: str = ""


@dataclass(frozen=True, slots=True)
class Left(Event):
    """The host left, and the run may be taken up again."""

    word: ClassVar[str] = "left"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Paused(Event):
    """The clock stands: the host asked for it, or the step that is named."""

    word: ClassVar[str] = "paused"
    step: str = ""


@dataclass(frozen=True, slots=True)
class GoneOn(Event):
    """The clock goes on after a pause."""

    word: ClassVar[str] = "gone on"


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The host let the clock stand for some seconds, from now or from when it stands already."""

    word: ClassVar[str] = "held"
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class StepTold(Event):
    """What became of a step; `reference` and `link` lead to its incident."""

    word: ClassVar[str] = "step"
    step: str
    state: State
    detail: str = ""
    reference: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Looked(Event):
    """The account was read for what is expected of these incidents; noted once in a while, and at each window's end."""

    word: ClassVar[str] = "looked"
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Away(Event):
    """The account cannot be read for a while, so nobody sees what people do."""

    word: ClassVar[str] = "away"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Back(Event):
    """The account can be read again."""

    word: ClassVar[str] = "back"


@dataclass(frozen=True, slots=True)
class Judged(Event):
    """What came of an expectation (`step`); `after` is how many seconds after the step it held, `who` did it."""

    word: ClassVar[str] = "judged"
    step: str
    verdict: Verdict
    after: float | None = None
    who: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Acted(Event):
    """What a simulated person did, or why it could not be done (`failed`)."""

    word: ClassVar[str] = "acted"
    act: str
    who: str
    incident: str
    text: str
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Seen(Event):
    """Something that a person did to an incident of the run.

    `what` is role, update, status, severity, field, action, follow_up or other; `text` is empty for a private incident.
    """

    word: ClassVar[str] = "seen"
    incident: str
    what: str
    who: str
    text: str = ""
    id: str = ""
    """Tells one from another, so that nothing is noted twice."""
    category: str = ""
    """Of a status, its category (live, learning, closed, …), by which the time to resolve is told; also if private."""


@dataclass(frozen=True, slots=True)
class Aborted(Event):
    """The run ends before its script does: the host asked for it, or something made going on impossible."""

    word: ClassVar[str] = "aborted"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The script is over."""

    word: ClassVar[str] = "ended"


@dataclass(frozen=True, slots=True)
class Cleaned(Event):
    """What cleanup did with an incident: `closed`, `already` closed, `never declared`, or `failed`."""

    word: ClassVar[str] = "cleaned"
    incident: str
    outcome: str
    detail: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Over(Event):
    """Cleanup came to its end with nothing left open: the run is over, and never taken up again."""

    word: ClassVar[str] = "over"


KINDS: Mapping[str, type[Event]] = {
    kind.word: kind
    for kind in (
        Begun,
        Resumed,
        Left,
        Paused,
        GoneOn,
        Held,
        StepTold,
        Looked,
        Away,
        Back,
        Judged,
        Acted,
        Seen,
        Aborted,
        Ended,
        Cleaned,
        Over,
    )
}


def line_of(event: Event) -> bytes:
    """Return an event as the journal holds it."""
    told = {"event": event.word, **asdict(event)}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def events_of(text: bytes) -> Iterator[Event]:
    """Yield the events of a journal; a torn line, which a run died in, and what a later version tells are left out."""
    for line in text.split(b"\n"):
        try:
            told = json.loads(line)
            kind = KINDS[told.pop("event")]
            known = {one.name for one in fields(kind)}
            yield _typed(kind, {name: value for name, value in told.items() if name in known})
        except (ValueError, KeyError, TypeError, AttributeError):
            continue


def _typed(kind: type[Event], told: dict[str, Any]) -> Event:
    if kind is Begun:
        told["steps"] = tuple(Planned(**one) for one in told["steps"])
        told |= {name: tuple(told.get(name, ())) for name in ("private", "veiled", "typed")}
    if kind is Looked:
        told["incidents"] = tuple(told.get("incidents", ()))
    if kind is StepTold:
        told["state"] = State(told["state"])
    if kind is Judged:
        told["verdict"] = Verdict(told["verdict"])
    return kind(**told)
