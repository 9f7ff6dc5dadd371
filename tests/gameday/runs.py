"""Runs in tests: a world, a host who follows a plan of their own, and time that passes only while it is waited for."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.gameday import log
from reconciler.gameday.clock import Sources
from reconciler.gameday.events import StepTold
from reconciler.gameday.log import workspace_of
from reconciler.gameday.people import People
from reconciler.gameday.running import Manner, Run
from reconciler.gameday.watching import Watch
from reconciler.state import store_of
from tests.gameday import scenes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.api import Client
    from reconciler.gameday.events import Event, State
    from reconciler.gameday.hosting import Ask, Now
    from reconciler.gameday.script import GameDay, Step
    from reconciler.gameday.story import Story
    from tests.world import World

RUN = "rehearsal-1"


@dataclass
class Time:
    """Time as a run sees it: it passes while somebody waits, and jumps where a test says so."""

    start: float = field(default_factory=time.time)
    now: float = 0.0

    @property
    def sources(self) -> Sources:
        """Return it as a run takes it."""
        return Sources(lambda: self.start + self.now, lambda: self.now)


@dataclass
class FakeHost:
    """A host who waits, and asks for things at moments of script time."""

    time: Time
    asks: list[tuple[float, Ask]] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    shown: list[Now] = field(default_factory=list)
    on_tell: Callable[[Event], None] = lambda _: None
    on_wait: Callable[[float], None] = lambda _: None
    waits: int = 0

    def asked(self, seconds: float) -> Ask | None:
        """Let time pass, unless something is to be asked for by now."""
        self.waits += 1
        assert self.waits < 100_000, "nobody waits for so long"
        at = self.shown[-1].at if self.shown else 0.0
        if self.asks and self.asks[0][0] <= at:
            return self.asks.pop(0)[1]
        self.time.now += seconds
        self.on_wait(self.time.now)
        return None

    def tell(self, event: Event, story: Story) -> None:
        """Keep what is told."""
        assert story.events[-1] is event
        self.told.append(event)
        self.on_tell(event)

    def show(self, now: Now) -> None:
        """Keep what is shown."""
        self.shown.append(now)


class Killed(BaseException):
    """The process is killed here: nothing of it runs any more."""


@dataclass
class Rehearsal:
    """One run of a game day in a world; `play` is one process that hosts it."""

    world: World
    day: GameDay
    run_id: str = RUN
    time: Time = field(default_factory=Time)
    speed: float = 1.0
    options: dict[str, Any] = field(default_factory=dict)
    watches: bool = False
    sleep: Callable[[float], None] | None = None

    def play(
        self,
        *asks: tuple[float, Ask],
        faults: Sequence[str] = (),
        on_tell: Callable[[Event], None] = lambda _: None,
        on_wait: Callable[[float], None] = lambda _: None,
        client: Callable[[Client], Client] = lambda client: client,
        **manner: Any,
    ) -> Story:
        """Host the run until it ends, or is left."""
        self.host = FakeHost(self.time, list(asks), on_tell=on_tell, on_wait=on_wait)
        own = manner.pop("workspace", workspace_of(self.world.workspace, self.run_id))
        store = store_of(own)
        with contextlib.ExitStack() as stack:
            asked = client(stack.enter_context(self.world.client(faults, permit=store.require_lock)))
            noted = stack.enter_context(log.opened(own, self.run_id, store))
            table = scenes.timetable(self.day)
            as_person = cache(lambda who: stack.enter_context(self._person(who)))
            run = Run(
                self.run_id,
                self.day,
                table,
                own,
                asked,
                noted,
                self.host,
                Manner(speed=self.speed, **manner),
                cast=table.acts,
                watch=Watch(asked, self.day, table, speed=self.speed) if self.watches else None,
                players=People(own, as_person, self.run_id) if table.acts else None,
                sources=self.time.sources,
            )
            return run.play()

    @contextlib.contextmanager
    def _person(self, who: str) -> Iterator[Client]:
        with self.world.client(headers={"X-Sandbox-Actor": who}) as client:
            yield client

    @property
    def story(self) -> Story:
        """Return how the run stands, as another terminal sees it."""
        return log.read(self.world.workspace, self.run_id)

    def states(self) -> dict[str, State]:
        """Return what became of each step."""
        return {name: told.state for name, told in self.story.steps.items()}

    def ordered(self) -> list[str]:
        """Return the steps in the order in which they came to their end."""
        return [one.step for one in self.story.events if isinstance(one, StepTold) and one.state != "begun"]


def scene(*steps: Step, incidents: Sequence[str] = ("outage",), **changes: Any) -> GameDay:
    """Return a game day with exactly these steps."""
    return replace(scenes.bare(*steps, incidents=incidents), **changes)
