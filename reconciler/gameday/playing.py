"""The loop of a run: what is due is done in order, people act and are watched, the host is asked, until the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from itertools import takewhile
from typing import TYPE_CHECKING

from reconciler.errors import ApiError, KeyProblem, Redirected, Unauthorised
from reconciler.gameday import words
from reconciler.gameday.acting import Acting, batches
from reconciler.gameday.clock import NEARLY
from reconciler.gameday.events import Aborted, Acted, Ended, GoneOn, Held, Left, Paused, State, StepTold
from reconciler.gameday.hosting import Ask, Awaited, Next, Now, Shown
from reconciler.gameday.script import Close, Declare, Expect, Note, Pause
from reconciler.gameday.spans import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.gameday.acting import Told
    from reconciler.gameday.clock import Clock
    from reconciler.gameday.events import Event
    from reconciler.gameday.running import Run
    from reconciler.gameday.script import Act, Step
    from reconciler.gameday.story import Story

TICK = 1.0
"""Real seconds between two looks around at speed 1."""
TICKS_A_SECOND = 10.0
"""How many times a real second it is shown how things stand at other speeds."""
AWAY = "the API was away"
RETRY = 5.0
"""Script seconds after which a step is tried again that could not be done as the API was away."""
SETTLED = frozenset({State.DONE, State.FAILED, State.MISSED, State.SKIPPED, State.OVERTAKEN, State.UNREACHED})


class Ending(Enum):
    """How the loop came to its end."""

    ENDED = auto()
    ABORTED = auto()
    LEFT = auto()


@dataclass(slots=True)
class Playing:
    """The loop over one run in this process."""

    run: Run
    clock: Clock
    acting: Acting = field(init=False)
    waiting: list[tuple[float, Step]] = field(init=False)
    acts: list[tuple[float, Act]] = field(init=False)
    applied: list[Step] = field(init=False)
    begun: set[str] = field(init=False)
    """Steps that an earlier host began: they are brought to their end, whatever the time."""
    tried: set[str] = field(default_factory=set)
    """Steps that could not be done yet, as the API was away."""
    taken_up: float = field(init=False)
    due: Mapping[str, float] = field(init=False)
    retry_at: float = 0.0
    ending: Ending | None = None

    def __post_init__(self) -> None:
        story, run = self.story, self.run
        began = story.begun.time if story.begun else self.clock.time()
        due = self.due = run.timetable.due
        self.acting = Acting(
            run.day,
            run.workspace,
            run.client,
            run.log.store,
            run.run_id,
            lambda step: _instant(began + due[step.id]),
            max(0.0, began - 1.0),
        )
        self.taken_up = self.clock.at()
        self.waiting = [(at, one) for at, one in run.timetable.steps if story.state(one.id) not in SETTLED]
        self.waiting = [(at, one) for at, one in self.waiting if at <= run.end + NEARLY]
        self.acts = [(at, one) for at, one in run.cast if one.id not in story.acts and at <= run.end + NEARLY]
        done = {State.DONE, State.FAILED}
        applied = [one for _, one in run.timetable.steps if story.state(one.id) in done]
        self.applied = [one for one in applied if self._is_applied(one, story.state(one.id))]
        self.begun = {one.id for _, one in self.waiting if story.state(one.id) is State.BEGUN}

    @property
    def story(self) -> Story:
        """Return how the run stands."""
        return self.run.log.story

    def play(self) -> Ending:
        """Play until the script is over, the host ends it, or leaves; raises what makes going on impossible."""
        self._go_on_from_pause()
        while self.ending is None:
            self._do_what_is_due()
            self._look()
            if self._is_at_end():
                self.ending = Ending.ENDED
                break
            self._show()
            self._wait()
        if self.ending is Ending.LEFT:
            self._tell(Left(*self._now, "the host left"))
            return self.ending
        self._end()
        return self.ending

    # What is due

    def _do_what_is_due(self) -> None:
        while self.ending is None and not self.story.is_paused and self.clock.at() >= self.retry_at - NEARLY:
            at = self.clock.at()
            steps = self._past(at)
            act = next(iter(self.acts), (float("inf"), None))
            if steps and self.due[steps[0].id] <= act[0]:
                is_done = self._do_first(steps, act[0])
            elif act[1] and act[0] <= at + NEARLY:
                is_done = self._act(act[0], act[1])
            else:
                return
            if not is_done:
                return

    def _past(self, at: float) -> list[Step]:
        return [one for _, one in takewhile(lambda pair: pair[0] <= at + NEARLY, self.waiting)]

    def _do_first(self, steps: Sequence[Step], before: float) -> bool:
        """Do the first of the steps that are due, with those that can be done with it; return whether to go on."""
        first = steps[0]
        if told := self._passed_over(first):
            self._settle(first, *told)
            return True
        match first.deed:
            case Expect():
                self.waiting.pop(0)
                return True
            case Note():
                self._settle(first, State.DONE)
                return True
            case Pause():
                return self._pause(first)
        alike = takewhile(lambda one: self.due[one.id] <= before and not self._passed_over(one), steps)
        return self._carry_out(next(batches(list(alike))))

    def _passed_over(self, step: Step) -> tuple[State, str] | None:
        """Return why a step that is due is not done."""
        deed = step.deed
        is_late = self.clock.at() - max(self.due[step.id], self._not_before(step)) > self.run.day.catch_up
        if step.incident and not isinstance(deed, Declare) and step.incident not in self.acting.incidents:
            return State.SKIPPED, f"{step.incident} was not declared"
        if is_late and not isinstance(deed, Close | Expect):
            if self.story.state(step.id) is State.BEGUN:
                return State.FAILED, f"{AWAY}, and nobody knows how far it came"
            return State.MISSED, f"{written(self.clock.at() - self.due[step.id])} late"
        return None

    def _not_before(self, step: Step) -> float:
        """Return from when on a step can be late: one that an earlier host began, from when it was taken up."""
        return self.taken_up if step.id in self.begun else 0.0

    def _pause(self, step: Step) -> bool:
        if self.run.manner.skip_pauses:
            self._settle(step, State.SKIPPED, "--skip-pauses")
            return True
        self._tell(Paused(*self._now, step.id))
        return False

    def _carry_out(self, batch: Sequence[Step]) -> bool:
        """Carry out steps together, and return whether the API was there to do it."""
        again = any(self.story.state(one.id) is State.BEGUN for one in batch)
        told: list[Told] = []
        try:
            for one in self.acting.carry_out(batch, self.applied, self._begin, again=again):
                told.append(one)
                if not one.is_away:
                    self._take(one)
        except (Unauthorised, KeyProblem, Redirected):
            raise
        except ApiError:
            return self._try_later(batch)
        if away := [one.step for one in told if one.is_away]:
            self.acting.forget()
            return self._try_later(away)
        return True

    def _try_later(self, steps: Sequence[Step]) -> bool:
        self.tried |= {one.id for one in steps}
        self.retry_at = self.clock.at() + RETRY
        return False

    def _begin(self, batch: Iterable[Step]) -> None:
        for one in batch:
            if self.story.state(one.id) is not State.BEGUN:
                self._tell(StepTold(*self._now, one.id, State.BEGUN))

    def _take(self, told: Told) -> None:
        self._settle(told.step, told.state, told.detail, told.reference, told.link)
        if self._is_applied(told.step, told.state):
            self.applied.append(told.step)

    def _is_applied(self, step: Step, state: State | None) -> bool:
        """Return whether a step is part of what is desired from then on; a failed one only where it left something."""
        return state is State.DONE or (isinstance(step.deed, Declare) and step.incident in self.acting.incidents)

    def _settle(self, step: Step, state: State, detail: str = "", reference: str = "", link: str = "") -> None:
        self._tell(StepTold(*self._now, step.id, state, detail, reference, link))
        self.waiting = [(due, one) for due, one in self.waiting if one.id != step.id]

    def _act(self, due: float, act: Act) -> bool:
        """Let a simulated person act, and return whether the API was there to do it."""
        incident = act.deed.incident
        failed = ""
        if self.clock.at() - due > self.run.day.catch_up:
            failed = "it was due while nobody ran the script"
        elif incident not in self.acting.incidents:
            failed = f"{incident} was not declared"
        if failed or self.run.players is None:
            told = words.told(act.deed, self.story.begun.private if self.story.begun else ())
            acted = Acted(*self._now, act.id, act.who, incident, told, failed or "nobody plays")
        else:
            try:
                acted = self.run.players.act(act, self.acting.incidents[incident], *self._now)
            except (Unauthorised, KeyProblem, Redirected):
                raise
            except ApiError:
                self.retry_at = self.clock.at() + RETRY
                return False
        self.acts.pop(0)
        self._tell(acted)
        self._look()
        return True

    # People

    def _look(self, *, is_last: bool = False) -> None:
        if self.run.watch is None:
            return
        try:
            found = self.run.watch.look(self.story, self.acting.incidents, *self._now, is_last=is_last)
            for event in found:
                self._tell(event)
        except (Unauthorised, KeyProblem, Redirected):
            raise
        except ApiError:
            # Nobody watched, which is what the verdicts will say.
            return

    def _sweep(self) -> Iterator[Event]:
        if self.run.watch is not None:
            try:
                yield from self.run.watch.sweep(self.story, self.acting.incidents, *self._now)
            except ApiError:
                return

    # The host

    def _wait(self) -> None:
        at = self.clock.at()
        moments = [one for one in (self.run.end, *self._moments(at)) if one > at]
        speed = self.run.manner.speed
        moment = min([*moments, at + max(TICK, speed / TICKS_A_SECOND if speed != 1 else 0.0)])
        seconds = min(self.clock.ahead(moment), TICK)
        begun = self._real()
        ask = self.run.host.asked(seconds)
        self.clock.pass_until(moment, self._real() - begun)
        self._answer(ask)

    def _real(self) -> float:
        return self.clock.time()

    def _moments(self, at: float) -> Iterator[float]:
        """Yield when something is to be done or seen next."""
        if self.retry_at > at:
            yield self.retry_at
        elif self.waiting:
            yield self.waiting[0][0]
        if self.acts and self.retry_at <= at:
            yield self.acts[0][0]
        yield from self._window_ends()
        if self.run.watch is not None and self.run.manner.speed != 1:
            yield self.run.watch.wants(self.story, self.acting.incidents, at)

    def _windows(self) -> Iterator[tuple[float, Step, Expect]]:
        """Yield the expectations that have no verdict and whose step is past."""
        for due, step in self.run.timetable.steps:
            if due > self.clock.at() + NEARLY:
                return
            is_open = step.id not in self.story.verdicts and self.story.state(step.id) not in SETTLED
            if isinstance(step.deed, Expect) and is_open:
                yield due, step, step.deed

    def _window_ends(self) -> Iterator[float]:
        return (due + deed.within for due, _, deed in self._windows())

    def _answer(self, ask: Ask | None) -> None:
        match ask:
            case Ask.PAUSE if self.story.is_paused:
                self._go_on(State.DONE)
            case Ask.PAUSE:
                self._tell(Paused(*self._now))
            case Ask.SKIP if self.story.is_paused:
                self._go_on(State.SKIPPED)
            case Ask.SKIP if self.waiting:
                self._settle(self.waiting[0][1], State.SKIPPED, "the host passed it over")
            case Ask.ADD_MINUTE:
                self._tell(Held(*self._now))
            case Ask.ABORT:
                self.ending = Ending.ABORTED
            case Ask.LEAVE:
                self.ending = Ending.LEFT

    def _go_on(self, state: State) -> None:
        """End a pause, and settle the step that asked for it, if one did."""
        paused = next((one for one in reversed(self.story.events) if isinstance(one, Paused)), None)
        step = next((one for _, one in self.waiting if paused and one.id == paused.step), None)
        if step:
            self._settle(step, state)
        self._tell(GoneOn(*self._now))

    def _go_on_from_pause(self) -> None:
        """End a pause that an earlier host left, where none is wanted."""
        if self.story.is_paused and self.run.manner.skip_pauses:
            self._go_on(State.SKIPPED)

    def _show(self) -> None:
        at = self.clock.at()
        shown = self.run.watch.shown() if self.run.watch else {}
        titles = self.story.begun.incidents if self.story.begun else {}
        upcoming = next(((due, one) for due, one in self.waiting), None)
        private = self.story.begun.private if self.story.begun else ()
        self.run.host.show(
            Now(
                at=at,
                end=self.run.end,
                speed=self.run.manner.speed,
                is_paused=self.story.is_paused,
                why=self._why_it_stands(),
                upcoming=Next(upcoming[1].id, words.told(upcoming[1].deed, private), max(0.0, upcoming[0] - at))
                if upcoming
                else None,
                incidents=tuple(shown.get(name, Shown(name, titles.get(name, name))) for name in self.acting.incidents),
                awaited=tuple(
                    Awaited(step.id, words.told(deed, private), max(0.0, due + deed.within - at), deed.never)
                    for due, step, deed in self._windows()
                ),
            )
        )

    def _why_it_stands(self) -> str:
        if self.story.is_paused:
            paused = next((one for one in reversed(self.story.events) if isinstance(one, Paused)), None)
            deed = next((one.deed for _, one in self.waiting if paused and one.id == paused.step), None)
            return deed.message if isinstance(deed, Pause) else ""
        left = self.clock.ahead(self.clock.at())
        return f"held for {written(round(left))}" if left >= 1 else ""

    # The end

    def _is_at_end(self) -> bool:
        if self.story.is_paused or self.clock.at() < self.run.end - NEARLY or self._awaits_looks():
            return False
        # What could not be closed as the API is away is closed by cleanup.
        return not self.acts and all(isinstance(one.deed, Close | Expect) for _, one in self.waiting)

    def _awaits_looks(self) -> bool:
        """Tell whether windows have ended that are still to be looked at, as long as a look counts."""
        at = self.clock.at()
        ended = any(end <= at + NEARLY for end in self._window_ends())
        return ended and self.run.watch is not None and at < self.run.end + self.run.day.catch_up

    def _end(self) -> None:
        if self.ending is Ending.ABORTED:
            self._tell(Aborted(*self._now, "the host ended it"))
        self._look(is_last=True)
        for event in self._sweep():
            self._tell(event)
        self._leave_the_rest()
        if self.ending is Ending.ENDED:
            self._tell(Ended(*self._now))

    def _leave_the_rest(self) -> None:
        """Tell of each step that has not come to its end that it will not."""
        waiting = {step.id for _, step in self.waiting}
        for _, step in self.run.timetable.steps:
            state = self.story.state(step.id)
            if state in SETTLED:
                continue
            if state is State.BEGUN or step.id in self.tried:
                self._settle(step, State.FAILED, AWAY)
            elif step.id in waiting or not isinstance(step.deed, Expect) or self.due[step.id] > self.run.end:
                self._settle(step, State.UNREACHED)

    @property
    def _now(self) -> tuple[float, float]:
        return round(self.clock.at(), 3), round(self.clock.time(), 3)

    def _tell(self, event: Event) -> None:
        self.run.tell(event, self.clock)


def _instant(time: float) -> str:
    """Return a Unix time as RFC 3339 writes it, to the second."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(time))).isoformat().replace("+00:00", "Z")
