"""Reports of whole runs: what simulated people did in a sandbox is what the report tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.gameday import report
from reconciler.gameday.events import line_of
from reconciler.gameday.report import Standing
from reconciler.gameday.script import Assign, Close, Declare, Pause, RoleAssigned, Task, Update, UpdatePosted
from reconciler.render import gameday
from reconciler.sandbox import moments
from tests.gameday import scenes
from tests.gameday.runs import Rehearsal, Time, scene

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.gameday.report import Report
    from reconciler.gameday.script import GameDay
    from tests.world import World

SECRET = "xylophone-4711"
LEAD = RoleAssigned("Incident Lead")
CAST = (
    scenes.act(90, Assign("outage", "Incident Lead")),
    scenes.act(100, Update("outage", "", {"message": f"Customers see {SECRET}", "status": "Fixing"})),
    scenes.act(110, Task("outage", "action", f"Revoke {SECRET}")),
    scenes.act(550, Close("outage")),
)
DAY = scene(
    scenes.step(10, Declare("outage"), "declare"),
    scenes.step(20, Update("outage", "words", {"message": f"From the graphs: {SECRET}"}), "words"),
    scenes.step(30, Pause("Brief the observers."), "brief"),
    scenes.expected(60, LEAD),
    scenes.expected(61, UpdatePosted(SECRET)),
    scenes.expected(62, RoleAssigned("Communications Lead")),
    cast=CAST,
)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """One time for the run and for the account."""
    one = Time()

    def now() -> datetime:
        return moments.from_microseconds(round((one.start + one.now) * 1_000_000))

    monkeypatch.setattr(moments, "now", now)
    return one


def played(world: World, time: Time, day: GameDay, run: str = "first") -> Report:
    """Return the report of a rehearsal."""
    return report.of(Rehearsal(world, day, run, time=time, speed=60, watches=True).play(skip_pauses=True))


def test_the_report_of_a_run_tells_what_people_did_and_when(world: World, time: Time) -> None:
    """The score, and the times from when the incident was declared."""
    found = played(world, time, DAY)

    assert (found.standing, found.is_over) == (Standing.PLAYED, True)
    assert (found.score.held, found.score.failed) == (2, 1)
    (incident,) = found.incidents
    assert incident.to_assign == pytest.approx(80, abs=2)
    assert incident.to_first_update == pytest.approx(90, abs=2)
    assert incident.to_resolve == pytest.approx(540, abs=2)
    assert incident.reference.startswith("INC-")
    assert [(row.step, row.state) for row in found.troubles] == [("brief", "skipped")]
    assert found.left_open == ()


def test_two_runs_of_one_game_day_are_compared(world: World, time: Time) -> None:
    """Whose people were a minute later is worse."""
    later = replace(DAY, cast=tuple(replace(act, when=replace(act.when, offset=act.when.offset + 60)) for act in CAST))
    earlier = Rehearsal(world, DAY, "first", time=time, speed=60, watches=True).play(skip_pauses=True)
    now = Rehearsal(world, later, "second", time=time, speed=60, watches=True).play(skip_pauses=True)

    found = report.of(now, earlier).comparison

    assert found
    assert {one.what: one.turn.value for one in found.times} == {
        "to assign": "worse",
        "to first update": "worse",
        "to resolve": "worse",
    }


def private() -> GameDay:
    """Return the game day of a private incident."""
    template = scenes.template("outage", {"name": f"Leak of {SECRET}", "severity": "Major", "visibility": "private"})
    steps = [one for one in DAY.steps if one.id != "brief"]
    return replace(DAY, steps=tuple(steps), incidents={"outage": template})


def test_the_journal_of_a_run_has_no_title_of_a_private_incident(world: World, time: Time) -> None:
    """Nor what is written and expected there."""
    story = Rehearsal(world, replace(private(), cast=()), time=time, speed=60, watches=True).play()

    assert story.begun
    assert SECRET not in b"".join(map(line_of, story.events)).decode()


@pytest.mark.parametrize("form", gameday.FORMS)
def test_no_form_tells_a_text_of_a_private_incident(world: World, time: Time, form: str) -> None:
    """Neither what the script wrote there, nor what people did, nor what it is called."""
    found = played(world, time, private())

    told = gameday.written(found, form)

    assert found.score.held == 2
    assert SECRET not in told
    assert "private" in told or form == "junit"
