"""The loop of a run: what is due is done, people are watched, the host is shown it and asked, until the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from reconciler.errors import ApiError
from reconciler.gameday.clock import NEARLY
from reconciler.gameday.doing import ENDING, Doing
from reconciler.gameday.events import Aborted, Ended, GoneOn, Held, Left, Paused, State
from reconciler.gameday.hosting import Ask
from reconciler.gameday.polling import longest_gap
from reconciler.gameday.script import Close, Expect
from reconciler.gameday.standing import paused_at, standing, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.clock import Clock
    from reconciler.gameday.running import Run
    from reconciler.gameday.story import Story

TICK = 1.0
"""Real seconds between two looks around at speed 1."""
TICKS_A_SECOND = 10.0
"""How many times a real second it is shown how things stand at other speeds."""


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
    doing: Doing = field(init=False)
    ending: Ending | None = None

    def __post_init__(self) -> None:
        self.doing = Doing(self.run, self.clock)

    @property
    def story(self) -> Story:
        """Return how the run stands."""
        return self.run.log.story

    def play(self) -> Ending:
        """Play until the script is over, the host ends it, or leaves; raises what makes going on impossible."""
        if self.story.is_paused and self.run.manner.skip_pauses:
            self._go_on(State.SKIPPED)
        while self.ending is None:
            is_done = self.doing.do_next()
            self._look()
            if is_done:
                # Whoever hosts it is heard between two steps, however many are due.
                self._answer(self.run.host.asked(0.0))
            elif self._is_at_end():
                self.ending = Ending.ENDED
            else:
                self.run.host.show(standing(self.doing, self.run.watch.shown() if self.run.watch else {}))
                self._wait()
        if self.ending is Ending.LEFT:
            self.doing.tell(Left(*self.doing.now, "the host left"))
        else:
            self._end()
        return self.ending

    # People

    def _look(self, *, is_last: bool = False) -> None:
        """Look what people did; while the account cannot be read nobody watches, which the verdicts will say."""
        if self.run.watch is None:
            return
        try:
            now, incidents = self.doing.now, self.doing.acting.incidents
            for event in self.run.watch.look(self.story, incidents, *now, is_last=is_last):
                self.doing.tell(event)
        except ENDING:
            raise
        except ApiError:
            return

    def _sweep(self) -> None:
        """Note what people did and nobody expected, as far as it can be read."""
        if self.run.watch is None:
            return
        try:
            for event in self.run.watch.sweep(self.story, self.doing.acting.incidents, *self.doing.now):
                self.doing.tell(event)
        except ENDING:
            raise
        except ApiError:
            return

    # Time, and the host

    def _wait(self) -> None:
        """Let time pass until something is to be done or seen next, or the host asks for something."""
        at, speed = self.clock.at(), self.run.manner.speed
        soon = at + (TICK if speed == 1 else max(TICK, speed / TICKS_A_SECOND))
        moment = min([soon, *(one for one in self._moments(at) if one > at)])
        begun = self.clock.time()
        ask = self.run.host.asked(min(self.clock.ahead(moment), TICK))
        self.clock.pass_until(moment, self.clock.time() - begun)
        self._answer(ask)

    def _moments(self, at: float) -> Iterator[float]:
        yield self.doing.end
        yield from self.doing.moments()
        yield from (end for end, _, _ in windows(self.doing))
        if self.run.watch is not None and self.run.manner.speed != 1:
            yield self.run.watch.wants(self.story, self.doing.acting.incidents, at)

    def _answer(self, ask: Ask | None) -> None:
        match ask:
            case Ask.PAUSE if self.story.is_paused:
                self._go_on(State.DONE)
            case Ask.PAUSE:
                self.doing.tell(Paused(*self.doing.now))
            case Ask.SKIP if self.story.is_paused:
                self._go_on(State.SKIPPED)
            case Ask.SKIP if self.doing.waiting:
                self.doing.settle(self.doing.waiting[0][1], State.SKIPPED, "the host passed it over")
            case Ask.ADD_MINUTE:
                self.doing.tell(Held(*self.doing.now))
            case Ask.ABORT:
                self.ending = Ending.ABORTED
            case Ask.LEAVE:
                self.ending = Ending.LEFT

    def _go_on(self, state: State) -> None:
        """End a pause, and settle the step that asked for it, if one did."""
        if step := paused_at(self.doing):
            self.doing.settle(step, state)
        self.doing.tell(GoneOn(*self.doing.now))

    # The end

    def _is_at_end(self) -> bool:
        if self.story.is_paused or self.clock.at() < self.doing.end - NEARLY or self._awaits_looks():
            return False
        # What could not be closed as the API is away is closed by cleanup.
        left = [step.deed for _, step in self.doing.waiting]
        return not self.doing.acts and all(isinstance(deed, Close | Expect) for deed in left)

    def _awaits_looks(self) -> bool:
        """Tell whether windows have ended that are still to be looked at, as long as a look counts."""
        at = self.clock.at()
        ended = any(end <= at + NEARLY for end, _, _ in windows(self.doing))
        return ended and self.run.watch is not None and at < self.doing.end + self._patience

    @property
    def _patience(self) -> float:
        return longest_gap(self.run.day.catch_up, self.run.manner.speed)

    def _end(self) -> None:
        if self.ending is Ending.ABORTED:
            self.doing.tell(Aborted(*self.doing.now, "the host ended it"))
        self._look(is_last=True)
        self._sweep()
        self.doing.leave_the_rest()
        if self.ending is Ending.ENDED:
            self.doing.tell(Ended(*self.doing.now))
