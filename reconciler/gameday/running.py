"""A game day, an account and a host → the run of its script: what is due is done, watched and told, until cleanup."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.errors import ApiError, Interrupted, KeyProblem, LeaseLost, Misused, Refused, Unauthorised
from reconciler.gameday import veiling
from reconciler.gameday.cleanup import clean
from reconciler.gameday.clock import OwnClock, RealClock, Sources, unix
from reconciler.gameday.events import Aborted, Away, Begun, Cleaned, Left, Resumed
from reconciler.gameday.hosting import Ask
from reconciler.gameday.playing import Ending, Playing
from reconciler.gameday.recovering import recover
from reconciler.gameday.story import after
from reconciler.gameday.words import planned
from reconciler.live import read_identity
from reconciler.state.holder import Holder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.api import Client
    from reconciler.gameday.clock import Clock
    from reconciler.gameday.events import Acted, Event, Seen
    from reconciler.gameday.hosting import Host, Shown
    from reconciler.gameday.log import RunLog
    from reconciler.gameday.script import Act, GameDay, Timetable
    from reconciler.gameday.story import Story
    from reconciler.workspace import Workspace

__all__ = ["Manner", "Players", "Run", "Watching"]

CLEANUP_PATIENCE = 600.0
"""Real seconds for which cleanup is tried again while the API is away."""
CLEANUP_PAUSE = 5.0
"""Real seconds between two tries."""


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

    def wants(self, story: Story, incidents: Mapping[str, str], at: float) -> float:
        """Return the script time at which the next look is of use: for a clock that jumps from one to the next."""

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

        Raises `Misused` where the run is over, was begun with another script or at another speed, or the speed is not
        one for this account; `Unauthorised`, `KeyProblem` and `Refused` (a full disk) after cleanup was tried;
        `LeaseLost` where the lock is somebody else's by now. A host that leaves or aborts is an `Ask`.
        """
        self._check()
        identity = read_identity(self.client)
        sources = self.sources or Sources(self._time)
        events = self.log.story.events
        at_once = self.manner.speed == 1
        clock: Clock = RealClock(events, sources) if at_once else OwnClock(events, sources, self.manner.speed)
        if self.log.story.begun is None:
            self._tell(self._begun(clock, identity.dashboard_url), clock)
        else:
            recover(self.workspace, self.client, self.log.store, self.log.story)
            self._tell(Resumed(clock.at(), clock.time(), str(Holder.this().owner)), clock)
        try:
            if self._played(clock) is not Ending.LEFT:
                self._clean(clock)
        except LeaseLost:
            raise
        except (Interrupted, KeyboardInterrupt):
            with suppress(Refused):
                self._tell(Left(clock.at(), clock.time(), "stopped"), clock)
        return self.log.story

    def _played(self, clock: Clock) -> Ending:
        """Play what is left of the script; where going on is impossible, clean up before that is raised."""
        story = self.log.story
        if story.is_ended or story.is_aborted:
            return Ending.ENDED
        try:
            return Playing(self, clock).play()
        except Interrupted:
            raise
        except Exception as error:
            self._give_up(error, clock)
            raise

    def _time(self) -> float:
        return unix(self.workspace, self.client)

    def _check(self) -> None:
        """Refuse what cannot be played; nothing was sent or written yet."""
        speed, begun = self.manner.speed, self.log.story.begun
        if speed != 1 and not self.workspace.is_practice:
            told = f"--speed {speed:g}: people live at speed 1, so another one is for sandboxes"
            raise Misused(told, "leave it out, or rehearse with --sandbox")
        if begun is None:
            return
        anew = f"play it anew with another --run-id; `reconciler gameday report {self.run_id}` tells how it went"
        if self.log.story.is_over:
            raise Misused(f"run `{self.run_id}` is over: what it declared is closed", anew)
        if begun.digest != self.day.digest:
            told = f"run `{self.run_id}` began with another script than {self.day.source.file} is now"
            hint = f"put the file and --set back, or give another --run-id; {_CLEANUP} {self.run_id}` ends this one"
            raise Misused(told, hint)
        if begun.speed != speed:
            told = f"run `{self.run_id}` was begun at speed {begun.speed:g}"
            raise Misused(told, f"go on with --speed {begun.speed:g}")

    def _begun(self, clock: Clock, organisation: str) -> Begun:
        templates, manner = self.day.incidents.items(), self.manner
        private = tuple(name for name, one in templates if one.spec.get("visibility") == "private")
        return Begun(
            at=0.0,
            time=clock.time(),
            run=self.run_id,
            gameday=self.day.name,
            title=self.day.title,
            digest=self.day.digest,
            steps=veiling.kept(self.day, planned(self.timetable, private)),
            incidents={name: name if name in private else str(one.spec.get("name", name)) for name, one in templates},
            private=private,
            parameters={one.name: veiling.WORD if one.is_private else one.value for one in self.day.parameters},
            veiled=tuple(one.name for one in self.day.parameters if one.is_private),
            typed=tuple(one.name for one in self.day.parameters if one.is_private and not one.is_default),
            end=self.end,
            catch_up=self.day.catch_up,
            speed=manner.speed,
            cast=manner.cast,
            organisation=organisation,
            host=str(Holder.this().owner),
        )

    @property
    def end(self) -> float:
        """Return when the script is over."""
        last = max([self.timetable.end, *(at for at, _ in self.cast)])
        return last if self.manner.until is None else min(last, self.manner.until)

    def tell(self, event: Event, clock: Clock) -> None:
        """Note what happened, and tell the host."""
        self._tell(event, clock)

    def _tell(self, event: Event, clock: Clock) -> None:
        story = self.log.append(event)
        clock.follow(event)
        self.host.tell(event, story)

    def _give_up(self, error: Exception, clock: Clock) -> None:
        """Clean up after what makes going on impossible, as far as that is possible."""
        with suppress(Refused):
            self._tell(Aborted(clock.at(), clock.time(), str(error)), clock)
        with suppress(ApiError, KeyProblem, Refused, Interrupted):
            self._clean(clock, is_noted=False)

    def _clean(self, clock: Clock, *, is_noted: bool = True) -> None:
        """Close what the run declared; while the API is away again and again, unless the host leaves."""
        begun = clock.time()
        while True:
            try:
                self._clean_once(clock, is_noted=is_noted)
            except (Unauthorised, KeyProblem, LeaseLost):
                raise
            except ApiError as error:
                if is_noted and not self.log.story.away:
                    self._tell(Away(clock.at(), clock.time(), str(error)), clock)
                if clock.time() - begun >= CLEANUP_PATIENCE or self._is_left(CLEANUP_PAUSE):
                    self._tell_unclean(str(error), clock)
                    return
            else:
                return

    def _clean_once(self, clock: Clock, *, is_noted: bool) -> None:
        """Clean up; where events are not `is_noted`, as the disk is full, they are told all the same."""
        for event in clean(self.workspace, self.client, self.log.store, self.log.story, clock.time):
            try:
                self._tell(event, clock)
            except Refused:
                if is_noted:
                    raise
                self.host.tell(event, after(self.log.story, event))

    def _is_left(self, seconds: float) -> bool:
        return self.host.asked(seconds) in {Ask.LEAVE, Ask.ABORT}

    def _tell_unclean(self, why: str, clock: Clock) -> None:
        story = self.log.story
        done = {name for name, one in story.cleaned.items() if one.outcome != "failed"}
        for name in story.declared:
            if name not in done:
                self._tell(Cleaned(clock.at(), clock.time(), name, "failed", why), clock)


_CLEANUP = "`reconciler gameday cleanup"
