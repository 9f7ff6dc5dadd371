"""What a game day costs: how late its steps are, how fast it plays, and what watching asks for."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from reconciler.api import connect, in_process
from reconciler.gameday import log
from reconciler.gameday.clock import Sources
from reconciler.gameday.events import Begun, State, StepTold
from reconciler.gameday.running import Manner, Run
from reconciler.gameday.script import Declare, Set, Update, UpdatePosted
from reconciler.gameday.watching import Watch
from reconciler.sandbox import ConnectionDropped
from reconciler.state import store_of
from tests.gameday import scenes
from tests.world import BASE_URL, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.events import Event
    from reconciler.gameday.hosting import Now
    from reconciler.gameday.script import GameDay, Step
    from reconciler.gameday.story import Story

RUN = "benchmark"


def hosting() -> Iterator[str]:
    """Yield how late steps are at speed 1, how fast many are played, and how often an account is asked."""
    yield from lateness(incidents=100, steps=15, apart=2.0, settle=30.0)
    yield from lateness(incidents=100, steps=15, apart=2.0, settle=60.0, latency=0.1)
    yield from throughput(incidents=50, updates=9)
    yield from polling(incidents=30, each=10, seconds=40.0)


def lateness(incidents: int, steps: int, apart: float, settle: float, latency: float = 0.0) -> Iterator[str]:
    """Yield when the first request of a step leaves after it was due, with so many incidents declared."""
    names = [f"outage-{number:03}" for number in range(incidents)]
    grades = ("Major", "Critical")
    script = [
        scenes.step(settle + apart * number, Set(names[number], {"severity": grades[number % 2]}), f"step-{number:03}")
        for number in range(steps)
    ]
    watched = [scenes.expected(settle - 1.0, UpdatePosted(), apart * steps + 5.0, of=name) for name in names[:20]]
    watched = [replace(step, id=f"{step.id}-{step.incident}") for step in watched]
    run = _played(_day(*watched, *script, incidents=names), speed=1.0, latency=latency)
    due = {step.id: run.begun + step.when.offset for step in script}
    late = [run.sent_after(moment) - moment for moment in due.values()]
    done = [run.done[step] - moment for step, moment in due.items()]
    yield (
        f"speed 1, {incidents} incidents, {latency * 1000:3.0f} ms an answer: a step's first request leaves "
        f"{statistics.median(late) * 1000:4.0f} ms after it is due (longest {max(late) * 1000:.0f} ms)"
    )
    yield f"  and it is done after {statistics.median(done) * 1000:4.0f} ms (longest {max(done) * 1000:.0f} ms)"


def throughput(incidents: int, updates: int) -> Iterator[str]:
    """Yield how long a script of many steps takes at speed 1000, with its order and each update held to once."""
    names = [f"outage-{number:03}" for number in range(incidents)]
    script = [
        scenes.step(
            1.0 + index * incidents + number,
            Update(name, f"update-{index}", {"message": f"Update {index} of {name}."}),
            f"post-{name}-{index}",
        )
        for index in range(updates)
        for number, name in enumerate(names)
    ]
    day = _day(*script, incidents=names)
    begin = time.perf_counter()
    run = _played(day, speed=1000.0)
    took = time.perf_counter() - begin
    wanted = [step.deed.fields["message"] for step in script if isinstance(step.deed, Update)]
    assert sorted(run.messages) == sorted(wanted), "each update is posted once"
    for name in names:
        assert [one for one in run.messages if one.endswith(f" {name}.")] == [
            f"Update {index} of {name}." for index in range(updates)
        ], "the updates of an incident are in their order"
    assert run.order == [step.id for _, step in scenes.timetable(day).steps], "steps are done in their order"
    yield (
        f"speed 1000, {len(day.steps)} steps over {incidents} incidents: {took:5.1f} s, {len(run.requests)} requests, "
        f"order held, each posted once"
    )


def polling(incidents: int, each: int, seconds: float) -> Iterator[str]:
    """Yield how many requests a second many open expectations cost at speed 1."""
    names = [f"outage-{number:03}" for number in range(incidents)]
    begin = 10.0
    watched = [
        replace(scenes.expected(begin, UpdatePosted(f"word {number}"), seconds, of=name), id=f"{name}-{number}")
        for name in names
        for number in range(each)
    ]
    run = _played(_day(*watched, incidents=names), speed=1.0)
    asked = [at for at in run.requests if run.begun + begin <= at < run.begun + begin + seconds]
    yield (
        f"speed 1, {len(watched)} expectations of {incidents} incidents: "
        f"{len(asked) / seconds:4.2f} requests a second over {seconds:.0f} s"
    )


def _day(*steps: Step, incidents: list[str]) -> GameDay:
    """Return a game day that declares these incidents at once, and leaves closing them to the cleanup."""
    day = scenes.bare(*(scenes.step(0.0, Declare(name), f"declare-{name}") for name in incidents), *steps)
    return replace(day, incidents={name: scenes.template(name) for name in incidents})


@dataclass
class Ticking:
    """A host who waits in real time, and notes when what was told."""

    begun: float = 0.0
    done: dict[str, float] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def asked(self, seconds: float) -> None:
        """Wait."""
        threading.Event().wait(seconds)

    def tell(self, event: Event, _story: Story) -> None:
        """Note when a step was done."""
        match event:
            case Begun():
                self.begun = event.time
            case StepTold(step=step, state=State.DONE):
                self.done[step] = time.monotonic()
                self.order.append(step)

    def show(self, now: Now) -> None:
        """Show nothing."""


class Noted(httpx.BaseTransport):
    """Notes when each request leaves."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport
        self.times: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Note the time, and hand the request on."""
        self.times.append(time.monotonic())
        return self._transport.handle_request(request)


@dataclass(frozen=True)
class Played:
    """What was measured of a run; times are monotonic seconds, the run's own clock being the same."""

    begun: float
    requests: list[float]
    done: dict[str, float]
    order: list[str]
    messages: list[str]

    def sent_after(self, moment: float) -> float:
        """Return when the first request left from a moment on."""
        return next(at for at in self.requests if at >= moment)


def _played(day: GameDay, speed: float, latency: float = 0.0) -> Played:
    """Play a game day to its end against a sandbox in this process."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        world = World(Path(name), rate_limit=1_000_000, latency=latency)
        own = log.workspace_of(world.workspace, RUN)
        store = store_of(own)
        transport = Noted(in_process(stack.enter_context(world.sandbox()), ConnectionDropped))
        client = stack.enter_context(connect(BASE_URL, "sandbox", transport=transport))
        noted = stack.enter_context(log.opened(world.workspace, RUN, store))
        table, host = scenes.timetable(day), Ticking()
        watch = Watch(client, day, table, speed=speed)
        sources = Sources(time.monotonic, time.monotonic)
        run = Run(RUN, day, table, own, client, noted, host, Manner(speed=speed), watch=watch, sources=sources)
        run.play()
        world.latency = 0.0
        messages = [text for one in world.incidents() for text in world.updates(one["id"])]
        return Played(host.begun, transport.times, host.done, host.order, messages)
