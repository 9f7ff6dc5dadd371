"""The host of a run, as the run sees them: what they ask for, and what they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reconciler.gameday.events import Event
    from reconciler.gameday.story import Story


class Ask(Enum):
    """What a host asks for."""

    PAUSE = "pause"
    """Let the clock stand; asked again, let it go on."""
    SKIP = "skip"
    """Pass over the next step, or the pause that the script is at."""
    ADD_MINUTE = "add a minute"
    """Let the clock stand for a minute."""
    ABORT = "abort"
    """End the run now, and clean up."""
    LEAVE = "leave"
    """End here without cleaning up; the run may be taken up again."""


@dataclass(frozen=True, slots=True)
class Next:
    """What is due next, and in how many seconds of script time."""

    step: str
    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident as it was last seen."""

    name: str
    title: str
    reference: str = ""
    status: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An expectation whose window is open; `seconds` of script time are left of it."""

    step: str
    text: str
    seconds: float
    never: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """A run at one moment."""

    at: float
    end: float
    speed: float
    is_paused: bool = False
    why: str = ""
    """Why the clock is paused: the words of the script."""
    upcoming: Next | None = None
    incidents: tuple[Shown, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    held: float = 0.0
    """For how many more seconds the clock stands, as its host asked for."""


class Host(Protocol):
    """Whoever runs a game day, at a terminal or not."""

    def asked(self, seconds: float) -> Ask | None:
        """Return what the host asks for, waiting for it as long as `seconds` of real time; None where nothing is."""

    def tell(self, event: Event, story: Story) -> None:
        """Tell what happened; `story` holds it already."""

    def show(self, now: Now) -> None:
        """Show how the run stands."""
