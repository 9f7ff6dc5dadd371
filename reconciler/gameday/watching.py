"""A run's expectations and an account → what people did, and what came of each expectation. Reads only, and few.

One list of the run's incidents tells where something happened; only those are read, and those whose window ends. What
cannot be read, since the API is away, is a gap and no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import ApiError, Rejected, Unauthorised
from reconciler.gameday import expecting, polling, seeing
from reconciler.gameday.dating import Dates
from reconciler.gameday.events import Away, Back, Judged, Looked, Seen, State, Verdict
from reconciler.gameday.expecting import Rules
from reconciler.gameday.looking import Incidents, Unreadable
from reconciler.gameday.polling import Allowance, Turn
from reconciler.gameday.preview import private_of
from reconciler.gameday.script import Expect, SeverityAtLeast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.api import Client
    from reconciler.gameday.events import Event
    from reconciler.gameday.hosting import Shown
    from reconciler.gameday.looking import Job
    from reconciler.gameday.script import GameDay, Step, Timetable
    from reconciler.gameday.story import Story

REST = 5.0
"""Seconds before what could not be read is asked for again."""
SLACK = 1.0
"""Seconds by which what people did may be dated wrong at speed 1: an answer tells the API's time to the second."""
SWEEP_PACE = 0.25
"""Seconds between two requests of the last reading, which no step waits behind."""
EVER = float("inf")
ALL, LIST, RANKS = "", "/list", "/ranks"
"""Whose turn it is where it is no incident's: that of the API as a whole, and of lists that tell of several."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """How things stand at one look: the expectations that are open, and the incidents (IDs by name) that there are."""

    story: Story
    incidents: Mapping[str, str]
    awaited: Sequence[tuple[float, Step]]
    at: float
    time: float


class Watch:
    """Watches what a script expects.

    At speed 1 the budget is of real time. At another the clock is the run's own and jumps: what was not asked while it
    did is saved up, and nothing can happen unseen meanwhile.
    """

    def __init__(self, client: Client, day: GameDay, timetable: Timetable, *, speed: float = 1.0) -> None:
        self._client, self._timetable = client, timetable
        self._is_real = speed == 1.0
        self._pace = polling.pace(speed)
        self._patience = polling.longest_gap(day.catch_up, speed)
        self._dates = Dates(speed)
        self._private = private_of(day)
        self._incidents = Incidents(client, day, self._dates.script, self._patience)
        self._allowance: Allowance | None = None
        self._listed = self._noted = -EVER
        self._resting: dict[str, float] = {}
        self._job: Job | None = None
        self._job_of = ALL
        self._told: set[str] = set()
        self._is_taken_up = self._is_away = False
        self._since = EVER
        self.trouble = ""
        """Why the last look failed; empty once one has come through."""

    def look(
        self, story: Story, incidents: Mapping[str, str], at: float, time: float, *, is_last: bool = False
    ) -> list[Event]:
        """Return what is to be noted now (`Seen`, `Looked`, `Judged`, `Away`, `Back`).

        No more is asked than the budget allows. `incidents` are IDs by name. With `is_last` the run ends here: what has
        ended and was not looked at yet is, and every window that is open is judged as far as it was watched. Raises
        `Unauthorised` where the key is refused.
        """
        self._take_up(story, at, time)
        scene = _Scene(story, incidents, self._open(story, at), at, time)
        looks = {name: len(self._incidents.of(name).looks) for name in incidents}
        now = time if self._is_real else at
        self._allowance = self._allowance or Allowance(now, 1.0 if self._is_real else EVER)
        while self._allowance.has_one(now) and self._has_job(scene, now):
            self._allowance.spend()
            self._step(scene, now)
        if not self._is_away:
            for name in incidents:
                self._incidents.glanced(name, at)
        if is_last:
            self._finish(scene)
        events: list[Event] = [*self._outage(scene), *self._seen(scene), *self._notes(scene, looks)]
        return events + list(self._verdicts(scene, is_last=is_last))

    def wants(self, story: Story, incidents: Mapping[str, str], at: float) -> float:
        """Return the script time at which the next look is of use: for a clock that jumps from one to the next."""
        scene = _Scene(story, incidents, self._open(story, at), at, 0.0)
        if self._job or any(turn.is_over or turn.is_changed for turn in self._turns(scene)):
            return at + 1 / polling.RATE
        ends = [_end(due, step) for due, step in scene.awaited if _end(due, step) > at]
        return min([*ends, at + polling.LIST_EVERY * self._pace]) if scene.awaited else EVER

    def sweep(self, story: Story, incidents: Mapping[str, str], at: float, time: float) -> Iterator[Seen]:
        """Yield everything that people did and that was not noted yet, reading once what has changed since it was."""
        self._take_up(story, at, time)
        scene = _Scene(story, incidents, (), at, time)
        self._job = None
        self._is_away = False
        if incidents:
            self._finish_job(self._listing(scene, time))
        for name in incidents:
            if self._incidents.is_changed(name) and not self._is_away:
                self._finish_job(self._incidents.reading(name, incidents[name], at))
        yield from self._seen(scene)

    def shown(self) -> dict[str, Shown]:
        """Return the incidents as they were last listed, by name; the title of a private one is not told."""
        return self._incidents.shown()

    def _take_up(self, story: Story, at: float, time: float) -> None:
        """Learn from the journal when the clock showed what and, once, what an earlier host looked at."""
        self._dates.learn(story, at, time)
        self._incidents.private = {*self._private, *(story.begun.private if story.begun else ())}
        if not self._is_taken_up:
            looked = ((event, name) for event in story.events if isinstance(event, Looked) for name in event.incidents)
            for event, name in looked:
                self._incidents.glanced(name, event.at)
            self._is_taken_up = True

    def _open(self, story: Story, at: float) -> Sequence[tuple[float, Step]]:
        return [
            (due, step)
            for due, step in self._timetable.steps
            if isinstance(step.deed, Expect)
            and due <= at
            and step.id not in story.verdicts
            and story.state(step.id) not in (State.SKIPPED, State.UNREACHED)
        ]

    def _verdicts(self, scene: _Scene, *, is_last: bool) -> Iterator[Judged]:
        for due, step in scene.awaited:
            name = step.incident
            is_private, slack = self._incidents.is_private(name), SLACK if self._is_real else 0.0
            rules = Rules(self._patience, self._incidents.ranks, is_private=is_private, slack=slack)
            judged = expecting.judge(step, due, self._incidents.of(name), rules, scene.at, scene.time)
            if judged:
                yield judged
            elif name not in scene.incidents and scene.at >= _end(due, step):
                yield _unwatched(step, scene, "its incident was not declared")
            elif is_last:
                is_over = scene.at >= _end(due, step)
                why = "nobody looked after its window ended" if is_over else "the run ended before its window did"
                yield _unwatched(step, scene, why)

    def _outage(self, scene: _Scene) -> Iterator[Away | Back]:
        """Yield that the account cannot be read, once a second try has failed too, and that it can be again."""
        self._since = min(self._since, scene.time) if self.trouble else EVER
        if self.trouble and not scene.story.away and scene.time - self._since >= REST:
            yield Away(scene.at, scene.time, self.trouble)
        elif scene.story.away and not self.trouble:
            yield Back(scene.at, scene.time)

    def _seen(self, scene: _Scene) -> Iterator[Seen]:
        known = {one.id for one in scene.story.seen} | self._told
        for name in scene.incidents:
            is_private = self._incidents.is_private(name)
            for did in self._incidents.of(name).dids:
                if did.by.is_person and did.id not in known:
                    self._told.add(did.id)
                    yield seeing.seen(did, name, is_private=is_private)

    def _notes(self, scene: _Scene, looks: Mapping[str, int]) -> Iterator[Looked]:
        """Yield what was looked at: at the end of a window at once, else once in a while."""
        of = self._incidents.of
        ended = {step.incident for due, step in scene.awaited if _end(due, step) <= scene.at}
        noted = {name for name in ended if len(of(name).looks) > looks.get(name, 0)}
        if scene.at - self._noted >= max(self._patience / 4, polling.NOTE_EVERY):
            recent = scene.at - polling.LIST_EVERY * self._pace * 2
            noted |= {
                one.incident for _, one in scene.awaited if any(end >= recent for _, end in of(one.incident).spans)
            }
            self._noted = scene.at
        if noted:
            yield Looked(scene.at, scene.time, tuple(sorted(noted)))

    def _has_job(self, scene: _Scene, now: float) -> bool:
        if self._job is None and not self._rests(ALL, now):
            self._job = self._next_job(scene, now)
        return self._job is not None

    def _rests(self, whose: str, now: float) -> bool:
        return now < self._resting.get(whose, now)

    def _next_job(self, scene: _Scene, now: float) -> Job | None:
        if not scene.incidents:
            return None
        wants_ranks = self._incidents.ranks is None and any(_is_of_severity(step) for _, step in scene.awaited)
        if wants_ranks and not self._rests(RANKS, now):
            self._job_of = RANKS
            return self._incidents.ranking()
        turns = [one for one in self._turns(scene) if not self._rests(one.incident, now)]
        every = polling.LIST_EVERY if scene.awaited else polling.IDLE_EVERY
        if any(turn.is_over for turn in turns):
            every = polling.LIST_AT_LEAST
        if now - self._listed >= every * self._pace and not self._rests(LIST, now):
            self._job_of = LIST
            return self._listing(scene, now)
        turn = polling.next_turn(turns, scene.at, max(polling.AGAIN_AFTER, 2.0 * len(turns)) * self._pace)
        if turn is None:
            return None
        self._job_of = turn.incident
        return self._incidents.reading(turn.incident, scene.incidents[turn.incident], scene.at)

    def _turns(self, scene: _Scene) -> Iterator[Turn]:
        ends: dict[str, list[float]] = {}
        for due, step in scene.awaited:
            if step.incident in scene.incidents:
                ends.setdefault(step.incident, []).append(_end(due, step))
        for name, of_it in ends.items():
            looks = self._incidents.of(name).looks
            looked = looks[-1] if looks else -EVER
            left = [end for end in of_it if end > looked]
            if left:
                end = min(left)
                yield Turn(name, end, looked, is_over=end <= scene.at, is_changed=self._incidents.is_changed(name))

    def _listing(self, scene: _Scene, now: float) -> Job:
        begun = scene.story.begun.time if scene.story.begun else scene.time - scene.at
        yield from self._incidents.listing(scene.incidents, begun)
        self._listed = now

    def _step(self, scene: _Scene, now: float) -> None:
        """Send one request, the next of the job; a failure ends the job, and makes it wait."""
        assert self._job is not None
        try:
            next(self._job)
        except StopIteration:
            self._job = None
            self._answered()
        except ApiError as error:
            self._job = None
            self._fail(error)
            # What this key does not see must not keep the others from their turn; an API that is away is left alone.
            self._resting[ALL if self._is_away else self._job_of] = now + (REST if self._is_real else 1.0)
            for name in {step.incident for _, step in scene.awaited}:
                if self._is_away:
                    self._incidents.away(name, scene.at)
                elif name == self._job_of:
                    self._incidents.missed(name, scene.at, f"it could not be read: {error.message}")
        else:
            self._answered()

    def _answered(self) -> None:
        self._is_away, self.trouble = False, ""

    def _fail(self, error: ApiError) -> None:
        if isinstance(error, Unauthorised):
            raise error
        self._is_away = not isinstance(error, Rejected | Unreadable)
        self.trouble = str(error) if self._is_away else ""

    def _finish(self, scene: _Scene) -> None:
        """Look at each window's end that was reached, as long as a look counts."""
        passed, self._is_away = 0.0, False
        for turn in sorted(self._turns(scene), key=lambda turn: turn.end):
            if turn.is_over and scene.at + passed <= turn.end + self._patience and not self._is_away:
                job = self._incidents.reading(turn.incident, scene.incidents[turn.incident], scene.at + passed)
                passed += self._finish_job(job, 1 / polling.RATE)

    def _finish_job(self, job: Job, pace: float = SWEEP_PACE) -> float:
        """Send all requests of a job; return how many seconds were let pass before them."""
        passed = 0.0
        try:
            while True:
                if self._is_real:
                    self._client.wait(pace)
                    passed += pace
                next(job)
        except StopIteration:
            self._answered()
        except ApiError as error:
            self._fail(error)
        return passed


def _unwatched(step: Step, scene: _Scene, why: str) -> Judged:
    return Judged(scene.at, scene.time, step.id, Verdict.NOT_OBSERVED, detail=why)


def _end(due: float, step: Step) -> float:
    return due + (step.deed.within if isinstance(step.deed, Expect) else 0.0)


def _is_of_severity(step: Step) -> bool:
    return isinstance(step.deed, Expect) and isinstance(step.deed.condition, SeverityAtLeast)
