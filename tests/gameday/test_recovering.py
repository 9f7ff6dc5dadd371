"""A run whose state is lost: its journal still knows what it declared, and nothing is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.gameday import log
from reconciler.gameday.events import Cleaned, Event, State, StepTold
from reconciler.gameday.hosting import Ask
from reconciler.gameday.script import Declare, Note, Set
from tests.gameday import scenes
from tests.gameday.runs import RUN, Killed, Rehearsal, scene
from tests.gameday.test_cleanup import TITLE, cleaned, outcomes, statuses

if TYPE_CHECKING:
    from tests.world import World

step = scenes.step


def left(world: World, *, killed: bool) -> Rehearsal:
    """Return a run that declared an incident, was left or killed, and whose state was deleted since."""
    day = scene(
        step(0, Declare("outage"), "declare"),
        step(60, Set("outage", {"severity": "Critical"}), "escalate"),
        step(90, Note("The end.")),
    )
    run = Rehearsal(world, day)

    def die(event: Event) -> None:
        if killed and isinstance(event, StepTold) and event.state is State.DONE:
            raise Killed

    try:
        run.play((10.0, Ask.LEAVE), on_tell=die)
    except Killed:
        assert killed
    folder = log.workspace_of(world.workspace, RUN).state.parent
    for name in ("state.json", "journal"):
        (folder / name).unlink(missing_ok=True)
    return run


@pytest.mark.parametrize("killed", [False, True])
def test_cleanup_closes_what_only_the_journal_knows(world: World, killed: bool) -> None:
    """The state is gone: the incident is found by the reference that the journal has, and closed."""
    run = left(world, killed=killed)

    assert outcomes(cleaned(world)) == {"outage": "closed"}
    assert statuses(world) == {TITLE: "closed"}
    assert run.story.is_over


def test_a_run_whose_state_is_lost_goes_on(world: World) -> None:
    """Taken up again, it knows its incident, plays the rest in it, and closes it."""
    run = left(world, killed=False)

    story = run.play()

    assert run.states()["escalate"] is State.DONE
    assert story.is_over
    assert [(one["severity"]["name"], one["incident_status"]["category"]) for one in world.incidents()] == [
        ("Critical", "closed")
    ]


def test_what_nobody_finds_is_not_told_as_never_declared(world: World) -> None:
    """The account was another one meanwhile: cleanup says that it cannot find it, and the run is not over."""
    run = left(world, killed=False)
    with world.sandbox() as app:
        app.reset()

    (event,) = cleaned(world)

    assert isinstance(event, Cleaned)
    assert event.outcome == "failed"
    assert "the state that knew it was lost" in event.detail
    assert not run.story.is_over
