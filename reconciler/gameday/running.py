"""A game day, an account and a host → the run of its script: what is due is done, watched and told, until cleanup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.api import Client
    from reconciler.gameday.clock import Sources
    from reconciler.gameday.events import Acted, Event, Seen
    from reconciler.gameday.hosting import Host, Shown
    from reconciler.gameday.log import RunLog
    from reconciler.gameday.script import Act, GameDay, Timetable
    from reconciler.gameday.story import Story
    from reconciler.workspace import Workspace


class Watching(Protocol):
    """Reads the account for what people did (`watching.Watch`); all times are of the run.

    `incidents` are IDs by name, `at` is script time, `time` is Unix time by the API's clock. Of script times and real
    ones: `script(unix)` tells which script time a Unix time was, so that an `occurred_at` can be placed in a window.
    """

    def look(
        self, story: Story, incidents: Mapping[str, str], at: float, time: float, *, is_last: bool = False
    ) -> Iterable[Event]:
        """Return what is to be noted now (`Looked`, `Judged`, `Seen`), having asked no more than the budget allows.

        Called at every turn of the loop, at least at each window's end and about once a second of real time; the open
        windows follow from the timetable, `at`, and `story`. With `is_last` the run ends here: every window that is
        open is judged as far as it was watched. Raises `ApiError` where the account cannot be read: the run goes on.
        """

    def sweep(self, story: Story, incidents: Mapping[str, str], at: float, time: float) -> Iterable[Seen]:
        """Return everything that people did and that was not noted yet, for the report; called before cleanup."""

    def shown(self) -> Mapping[str, Shown]:
        """Return the incidents as they were last seen, by name."""


class Players(Protocol):
    """The simulated people (`people.People`)."""

    def act(self, act: Act, incident_id: str, at: float, time: float) -> Acted:
        """Do what one of them does; what the API refuses is told in `failed`. Raises `ApiError` when it is away."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run is played.

    `until` ends the script early (seconds of script time); `cast` is the flag as it was given, kept for the report.
    """

    speed: float = 1.0
    until: float | None = None
    skip_pauses: bool = False
    cast: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a game day; `workspace` is `log.workspace_of(…)`, `client` the session's, `log` is open.

    `watch` and `players` may be left out by whoever expects nothing and has nobody play.
    """

    run_id: str
    day: GameDay
    timetable: Timetable
    workspace: Workspace
    client: Client
    log: RunLog
    host: Host
    manner: Manner = field(default_factory=Manner)
    cast: Sequence[tuple[float, Act]] = ()
    watch: Watching | None = None
    players: Players | None = None
    sources: Sources | None = None

    def play(self) -> Story:
        """Play the script from where the run stands, clean up, and return how it ended.

        Raises `Misused` where the run is over, or was begun with another script, or has a pause and nobody to go on;
        `Refused` where the speed is not one for this account; `KeyProblem` and what says that the key is refused,
        after cleanup was tried; `Interrupted` never: a host that leaves or aborts is an `Ask`.
        """
        raise NotImplementedError


__all__ = ["Manner", "Players", "Run", "Watching"]
