"""Whole runs that are watched: what simulated people do is found, and judged by when they did it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from reconciler.gameday import polling
from reconciler.gameday.events import Seen, Verdict
from reconciler.gameday.script import (
    Assign,
    Close,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Task,
    TaskCreated,
    Update,
    UpdatePosted,
)
from reconciler.sandbox import moments
from tests.gameday import scenes
from tests.gameday.runs import Rehearsal, Time, scene

if TYPE_CHECKING:
    from datetime import datetime

    from tests.world import World

SPEEDS = [1.0, 60.0, 1000.0]
LEAD = RoleAssigned("Incident Lead")
CAST = (
    scenes.act(90, Assign("outage", "Incident Lead")),
    scenes.act(100, Update("outage", "", {"message": "Customers are affected", "status": "Fixing"})),
    scenes.act(110, Task("outage", "action", "Roll back")),
    scenes.act(500, Set("outage", {"severity": "Critical"})),
    scenes.act(550, Close("outage")),
)
EXPECTED = {
    scenes.expected(60, LEAD): (Verdict.HELD, 30),
    scenes.expected(60, UpdatePosted("customers")): (Verdict.HELD, 40),
    scenes.expected(60, StatusReached("Fixing")): (Verdict.HELD, 40),
    scenes.expected(60, TaskCreated("action", "roll ?back")): (Verdict.HELD, 50),
    scenes.expected(60, SeverityAtLeast("Critical")): (Verdict.FAILED, None),
    scenes.expected(62, TaskCreated("follow_up")): (Verdict.FAILED, None),
    scenes.expected(60, StatusReached("Closed"), never=True): (Verdict.HELD, None),
    scenes.expected(61, StatusReached("Closed"), 600, never=True): (Verdict.FAILED, 489),
}


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """One time for the run and for the account."""
    one = Time()

    def now() -> datetime:
        return moments.from_microseconds(round((one.start + one.now) * 1_000_000))

    monkeypatch.setattr(moments, "now", now)
    return one


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_run_judges_what_its_cast_does_at_any_speed(world: World, time: Time, speed: float) -> None:
    """The same verdicts, and the same seconds, however fast it is played."""
    day = scene(*scenes.day(*EXPECTED).steps, cast=CAST)
    rehearsal = Rehearsal(world, day, time=time, speed=speed, watches=True)
    story = rehearsal.play()

    told = {step.id: (story.verdicts[step.id].verdict, story.verdicts[step.id].after) for step in EXPECTED}
    within = 3 if speed == 1 else 0.5
    for step, (verdict, after) in EXPECTED.items():
        assert told[step.id][0] is verdict, step
        assert told[step.id][1] == (after if after is None else pytest.approx(after, abs=within)), step
    seen = [event for event in story.events if isinstance(event, Seen)]
    assert len({event.id for event in seen}) == len(seen)
    assert {event.what for event in seen} >= {"role", "update", "status", "action", "severity"}


@pytest.mark.parametrize("speed", SPEEDS)
def test_many_windows_that_end_with_the_script_are_all_judged(world: World, time: Time, speed: float) -> None:
    """The run waits for its last looks, as long as they count."""
    names = [f"noise-{number}" for number in range(30)]
    steps = [scenes.expected(60, LEAD, 60, of=name) for name in names]
    steps = [scenes.step(60, step.deed, f"expect-{step.incident}") for step in steps]
    day = scene(*scenes.bare(*scenes.day(incidents=names).steps[:30], *steps, incidents=names).steps, incidents=names)
    story = Rehearsal(world, day, time=time, speed=speed, watches=True).play()

    assert {judged.verdict for judged in story.verdicts.values()} == {Verdict.FAILED}
    assert len(story.verdicts) == len(names)
    told = sorted(judged.at for judged in story.verdicts.values())
    assert all(later - earlier >= polling.RATE - 0.01 for earlier, later in pairwise(told)) or speed != 1


@pytest.mark.parametrize("speed", [60.0, 1000.0])
def test_a_rehearsal_over_a_shaky_connection_loses_no_window(world: World, time: Time, speed: float) -> None:
    """Each tenth read fails: in script time a try is minutes, and none of that is a gap."""
    never = [scenes.expected(60, StatusReached("Closed"), 3000, never=True, of=name) for name in ("outage", "noise")]
    never = [replace(step, id=step.incident) for step in never]
    day = scenes.bare(*scenes.day(*never, incidents=("outage", "noise")).steps, incidents=("outage", "noise"))
    faults = [f"503-before:{number}:GET:/v2/*" for number in range(10, 400, 10)]
    story = Rehearsal(world, replace(day, catch_up=5.0), time=time, speed=speed, watches=True).play(faults=faults)

    assert {judged.verdict for judged in story.verdicts.values()} == {Verdict.HELD}
