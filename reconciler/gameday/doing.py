"""What is due of a script, and when it is: steps carried out in order, simulated people acting, each told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from reconciler.errors import ApiError, KeyProblem, Redirected, Unauthorised
from reconciler.gameday import words
from reconciler.gameday.acting import Acting, batches
from reconciler.gameday.clock import NEARLY
from reconciler.gameday.events import Acted, Paused, State, StepTold
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

AWAY = "the API was away"
RETRY = 5.0
"""Script seconds after which a step is tried again that could not be done as the API was away."""
NEVER = float("inf")
SETTLED = frozenset({State.DONE, State.FAILED, State.MISSED, State.SKIPPED, State.OVERTAKEN, State.UNREACHED})
ENDING = (Unauthorised, KeyProblem, Redirected)
"""What no step can be done after: unlike an API that is away, it does not pass."""


@dataclass(slots=True)
class Doing:
    """What one process does of a run; `waiting` and `acts` are what is not done yet, in order, with when it is due."""

    run: Run
    clock: Clock
    acting: Acting = field(init=False)
    waiting: list[tuple[float, Step]] = field(init=False)
    acts: list[tuple[float, Act]] = field(init=False)
    end: float = field(init=False)
    """When the script is over."""
    due: Mapping[str, float] = field(init=False)
    retry_at: float = 0.0
    """Script time before which nothing is tried again."""
    _applied: list[Step] = field(init=False)
    _begun: set[str] = field(init=False)
    """Steps that an earlier host began: they are brought to their end, whatever the time."""
    _tried: dict[str, str] = field(default_factory=dict)
    """Steps that could not be done yet, as the API was away, with what was said last."""
    _taken_up: float = field(init=False)

    def __post_init__(self) -> None:
        story, run = self.story, self.run
        began = story.begun.time if story.begun else self.clock.time()
        self.end, self._taken_up = run.end, self.clock.at()
        due = self.due = run.timetable.due
        self.acting = Acting(
            run.day,
            run.workspace,
            run.client,
            run.log.store,
            run.run_id,
            lambda step: _instant(began + due[step.id]),
            # The API dates what it makes to the second.
            max(0.0, began - 1.0),
        )
        steps = [(at, one) for at, one in run.timetable.steps if at <= self.end + NEARLY]
        self.waiting = [(at, one) for at, one in steps if story.state(one.id) not in SETTLED]
        self.acts = [(at, one) for at, one in run.cast if one.id not in story.acts and at <= self.end + NEARLY]
        self._applied = [one for _, one in steps if self._is_applied(one, story.state(one.id))]
        self._begun = {one.id for _, one in self.waiting if story.state(one.id) is State.BEGUN}

    @property
    def story(self) -> Story:
        """Return how the run stands."""
        return self.run.log.story

    @property
    def now(self) -> tuple[float, float]:
        """Return script time and Unix time, as events tell them."""
        return round(self.clock.at(), 3), round(self.clock.time(), 3)

    def tell(self, event: Event) -> None:
        """Note what happened, and tell the host."""
        self.run.tell(event, self.clock)

    def do_next(self) -> bool:
        """Do what is due next, as much of it as can be done at once; return whether there was anything that could."""
        at = self.clock.at()
        if self.story.is_paused or at < self.retry_at - NEARLY:
            return False
        steps = self._past(at)
        act = self.acts[0] if self.acts and self.acts[0][0] <= at + NEARLY else None
        if steps and (act is None or self.due[steps[0].id] <= act[0]):
            return self._do_first(steps, act[0] if act else NEVER)
        return act is not None and self._act(*act)

    def _past(self, at: float) -> list[Step]:
        return [one for _, one in takewhile(lambda pair: pair[0] <= at + NEARLY, self.waiting)]

    def moments(self) -> Iterator[float]:
        """Yield when something can be done next; one that is past may have to wait for the API."""
        for found in (self.waiting[:1], self.acts[:1]):
            yield from (max(due, self.retry_at) for due, _ in found)

    @property
    def _declared(self) -> set[str]:
        """Return the incidents that the journal tells to be declared, whatever the state knows of them."""
        steps = (step for _, step in self.run.timetable.steps if isinstance(step.deed, Declare))
        return {step.incident for step in steps if self.story.state(step.id) is State.DONE}

    # Steps

    def _do_first(self, steps: Sequence[Step], before: float) -> bool:
        """Do the first of the steps that are due, with those that can be done with it; return whether to go on."""
        first = steps[0]
        if told := self._passed_over(first):
            self.settle(first, *told)
            return True
        match first.deed:
            case Expect():
                self.waiting.pop(0)
                return True
            case Note():
                self.settle(first, State.DONE)
                return True
            case Pause():
                return self._pause(first)
        alike = takewhile(lambda one: self.due[one.id] <= before and not self._passed_over(one), steps)
        return self._carry_out(next(batches(list(alike))))

    def _passed_over(self, step: Step) -> tuple[State, str] | None:
        """Return why a step that is due is not done."""
        if step.incident and not isinstance(step.deed, Declare) and step.incident not in self.acting.incidents:
            told = "is not known any more" if step.incident in self._declared else "was not declared"
            return State.SKIPPED, f"{step.incident} {told}"
        late, since = self.clock.at() - self.due[step.id], self._taken_up if step.id in self._begun else 0.0
        if isinstance(step.deed, Close | Expect) or min(late, self.clock.at() - since) <= self.run.day.catch_up:
            return None
        if self.story.state(step.id) is State.BEGUN:
            return State.FAILED, self._tried.get(step.id, AWAY)
        return State.MISSED, f"{written(late)} late"

    def _pause(self, step: Step) -> bool:
        if self.run.manner.skip_pauses:
            self.settle(step, State.SKIPPED, "--skip-pauses")
            return True
        self.tell(Paused(*self.now, step.id))
        return False

    def _carry_out(self, batch: Sequence[Step]) -> bool:
        """Carry out steps together, and return whether the API was there to do it."""
        again = any(self.story.state(one.id) is State.BEGUN for one in batch)
        away: dict[str, str] = {}
        try:
            for told in self.acting.carry_out(batch, self._applied, self._begin, again=again):
                if told.is_away:
                    away[told.step.id] = told.detail or AWAY
                else:
                    self._take(told)
        except ENDING:
            raise
        except ApiError:
            return self._try_later({one.id: self._tried.get(one.id, AWAY) for one in batch})
        if away:
            self.acting.forget()
            return self._try_later(away)
        return True

    def _begin(self, batch: Iterable[Step]) -> None:
        for one in batch:
            if self.story.state(one.id) is not State.BEGUN:
                self.tell(StepTold(*self.now, one.id, State.BEGUN))

    def _take(self, told: Told) -> None:
        self.settle(told.step, told.state, told.detail, told.reference, told.link)
        if self._is_applied(told.step, told.state):
            self._applied.append(told.step)

    def _is_applied(self, step: Step, state: State | None) -> bool:
        """Return whether a step is part of what is desired from then on; a failed one only where it left something."""
        return state is State.DONE or (
            state is State.FAILED and isinstance(step.deed, Declare) and step.incident in self.acting.incidents
        )

    def _try_later(self, told: Mapping[str, str]) -> bool:
        self._tried |= told
        self.retry_at = self.clock.at() + RETRY
        return False

    def settle(self, step: Step, state: State, detail: str = "", reference: str = "", link: str = "") -> None:
        """Tell what became of a step, which waits no more."""
        self.tell(StepTold(*self.now, step.id, state, detail, reference, link))
        self.waiting = [(due, one) for due, one in self.waiting if one.id != step.id]

    def leave_the_rest(self) -> None:
        """Tell of each step that has not come to its end that it will not; of a window that is open, a verdict does."""
        waiting = {step.id for _, step in self.waiting}
        for due, step in self.run.timetable.steps:
            state = self.story.state(step.id)
            if state in SETTLED:
                continue
            if state is State.BEGUN or step.id in self._tried:
                self.settle(step, State.FAILED, self._tried.get(step.id, AWAY))
            elif step.id in waiting or due > self.end:
                self.settle(step, State.UNREACHED)

    # People

    def _act(self, due: float, act: Act) -> bool:
        """Let a simulated person act, and return whether the API was there to do it."""
        try:
            acted = self._acted(due, act)
        except ENDING:
            raise
        except ApiError:
            return self._try_later({})
        self.acts.pop(0)
        self.tell(acted)
        return True

    def _acted(self, due: float, act: Act) -> Acted:
        name, players = act.deed.incident, self.run.players
        if players and name in self.acting.incidents and self.clock.at() - due <= self.run.day.catch_up:
            return players.act(act, self.acting.incidents[name], *self.now)
        why = f"{name} was not declared" if name not in self.acting.incidents else "nobody played it when it was due"
        told = words.told(act.deed, self.story.begun.private if self.story.begun else ())
        return Acted(*self.now, act.id, act.who, name, told, why)


def _instant(time: float) -> str:
    """Return a Unix time as RFC 3339 writes it, to the second."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(time))).isoformat().replace("+00:00", "Z")
