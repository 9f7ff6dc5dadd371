"""Cleanup: what a run declared is closed, and nothing else; what could not be is told, and can be tried again."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from reconciler.gameday import log
from reconciler.gameday.cleanup import clean
from reconciler.gameday.events import Cleaned, Event, Over, State, StepTold
from reconciler.gameday.hosting import Ask
from reconciler.gameday.script import Close, Declare, Note, Update
from reconciler.state import store_of
from tests.gameday import scenes
from tests.gameday.runs import RUN, Rehearsal, scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.gameday.script import GameDay
    from tests.world import World

step = scenes.step
TITLE = "Title of outage"


def day() -> GameDay:
    """Return a game day of two incidents."""
    return scene(
        step(0, Declare("outage"), "declare"),
        step(0, Declare("noise"), "noise"),
        step(60, Note("The end.")),
        incidents=("outage", "noise"),
    )


def cleaned(world: World, faults: Sequence[str] = ()) -> list[Event]:
    """Clean up, as `gameday cleanup` does later."""
    own = log.workspace_of(world.workspace, RUN)
    store = store_of(own)
    with ExitStack() as stack:
        client = stack.enter_context(world.client(faults, permit=store.require_lock))
        noted = stack.enter_context(log.opened(own, RUN, store))
        found = []
        for event in clean(own, client, store, noted.story, lambda: noted.story.time):
            noted.append(event)
            found.append(event)
        return found


def outcomes(events: Sequence[Event]) -> dict[str, str]:
    """Return what became of each incident."""
    return {one.incident: one.outcome for one in events if isinstance(one, Cleaned)}


def statuses(world: World) -> dict[str, str]:
    """Return the category of each incident's status."""
    return {one["name"]: one["incident_status"]["category"] for one in world.incidents()}


def test_what_a_run_declared_is_closed_and_nothing_else(world: World) -> None:
    """Another incident of the same title, and whatever else there is, stays as it is."""
    body = {"idempotency_key": "mine", "name": TITLE, "visibility": "public", "mode": "test"}
    world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})
    run = Rehearsal(world, day())
    run.play((10.0, Ask.LEAVE))

    events = cleaned(world)

    assert outcomes(events) == {"outage": "closed", "noise": "closed"}
    assert isinstance(events[-1], Over)
    assert run.story.is_over
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live", "closed", "closed"]


def test_cleanup_again_has_nothing_to_do(world: World) -> None:
    """What is closed is told so, and nothing is sent."""
    run = Rehearsal(world, day())
    run.play((10.0, Ask.LEAVE))
    cleaned(world)
    sent = len([one for one in world.requests() if one["method"] != "GET"])

    events = cleaned(world)

    assert outcomes(events) == {}
    assert isinstance(events[-1], Over)
    assert len([one for one in world.requests() if one["method"] != "GET"]) == sent


def test_what_people_closed_is_told_as_closed_already(world: World) -> None:
    """A person was quicker."""
    Rehearsal(world, day()).play((10.0, Ask.LEAVE))
    world.edit(world.incident(TITLE)["id"], incident_status_id=world.status("Closed"))

    events = cleaned(world)

    assert outcomes(events) == {"outage": "already", "noise": "closed"}
    assert isinstance(events[-1], Over)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_an_incident_whose_create_was_never_answered_is_found_and_closed(world: World, idempotency: str) -> None:
    """It was declared, and nobody knew: cleanup looks for it."""
    world.idempotency = idempotency
    run = Rehearsal(world, scene(step(0, Declare("outage"), "declare"), step(300, Note("The end."))))
    lost = ["drop-after:1:POST:/v2/incidents", "drop-before:2-:POST", "drop-before:7-:GET"]
    run.play((10.0, Ask.LEAVE), faults=lost)
    assert run.states() == {"declare": "begun"}

    events = cleaned(world)

    assert outcomes(events) == {"outage": "closed"}
    assert statuses(world) == {TITLE: "closed"}
    assert len([one for one in world.requests() if one["path"] == "/v2/incidents" and one["method"] == "POST"]) == 1


def test_an_incident_that_was_never_declared_is_never_created(world: World) -> None:
    """Its request never arrived: cleanup looks, and asks for nothing."""
    run = Rehearsal(world, scene(step(0, Declare("outage"), "declare"), step(300, Note("The end."))))
    run.play((10.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])
    assert run.states() == {"declare": "begun"}

    events = cleaned(world)

    assert outcomes(events) == {"outage": "never declared"}
    assert isinstance(events[-1], Over)
    assert not world.incidents()


def test_a_lost_create_is_not_taken_for_that_of_an_earlier_run(world: World) -> None:
    """Titles repeat between runs: what another one declared is neither taken over nor closed."""
    one = scene(step(0, Declare("outage"), "declare"), step(300, Note("The end.")))
    Rehearsal(world, one, run_id="first").play((10.0, Ask.LEAVE))
    run = Rehearsal(world, one)
    run.time.start += 5
    run.play((10.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])

    events = cleaned(world)

    assert outcomes(events) == {"outage": "never declared"}
    assert statuses(world) == {TITLE: "live"}


def test_what_cannot_be_closed_is_told_and_tried_again_later(world: World) -> None:
    """A person paused it, from where the API moves nothing: the run is not over until that changes."""
    run = Rehearsal(world, day())

    def pause(event: Event) -> None:
        if isinstance(event, StepTold) and event.step == "noise" and event.state is State.DONE:
            world.edit(world.incident(TITLE)["id"], incident_status_id=world.status("Paused"))

    story = run.play(on_tell=pause)
    assert {name: one.outcome for name, one in story.cleaned.items()} == {"outage": "failed", "noise": "closed"}
    told = "INC-1 is to be closed, and is Paused: the API moves no paused incident"
    assert story.cleaned["outage"].detail == told
    assert not story.is_over
    world.edit(world.incident(TITLE)["id"], incident_status_id=world.status("Fixing"))

    events = cleaned(world)

    assert outcomes(events) == {"outage": "closed"}
    assert run.story.is_over


def test_a_run_that_died_in_cleanup_goes_on_with_it(world: World) -> None:
    """Killed between two closes, it closes the rest, and plays nothing again."""
    run = Rehearsal(world, day())

    class Killed(BaseException):
        """Nothing of this process runs any more."""

    def die(event: Event) -> None:
        if isinstance(event, Cleaned):
            raise Killed

    with pytest.raises(Killed):
        run.play(on_tell=die)

    story = run.play()

    assert story.is_over
    assert set(statuses(world).values()) == {"closed"}
    assert [one.state for one in story.events if isinstance(one, StepTold) and one.step == "note-60"] == [State.DONE]


def test_what_the_script_closed_is_closed_already(world: World) -> None:
    """A close of the script leaves cleanup nothing to do there."""
    run = Rehearsal(
        world,
        scene(
            step(0, Declare("outage"), "declare"),
            step(30, Update("outage", "first", {"message": "Done."})),
            step(60, Close("outage"), "close"),
            step(90, Close("outage"), "again"),
        ),
    )

    story = run.play()

    assert run.states() == {"declare": "done", "update-outage-30": "done", "close": "done", "again": "done"}
    assert story.steps["again"].detail == "it was Closed already"
    assert {name: one.outcome for name, one in story.cleaned.items()} == {"outage": "already"}


def forget(world: World, *files: str) -> None:
    """Lose files of the run, or what stands in them."""
    folder = world.folder / ".reconciler/sandbox/gamedays" / RUN
    for name in files:
        (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize("is_resumed", [False, True])
def test_what_the_state_forgot_is_known_again_by_the_runs_journal(world: World, *, is_resumed: bool) -> None:
    """The state is a convenience: what the journal tells of is found, gone on with, and closed; nothing else is."""
    body = {"idempotency_key": "mine", "name": TITLE, "visibility": "public", "mode": "test"}
    world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})
    scenery = scene(
        step(0, Declare("outage"), "declare"),
        step(5, Update("outage", "first", {"message": "Begun."})),
        step(60, Update("outage", "second", {"message": "Done."}), "second"),
    )
    run = Rehearsal(world, scenery)
    run.play((10.0, Ask.LEAVE))
    forget(world, "state.json", "journal")

    story = run.play() if is_resumed else None
    events = list(story.events) if story else cleaned(world)

    assert outcomes(events) == {"outage": "closed"}
    assert isinstance(events[-1], Over)
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live", "closed"]
    posted = world.updates(world.incidents()[1]["id"])
    assert sorted(posted) == (["Begun.", "Done."] if is_resumed else ["Begun."])
    if story:
        assert story.steps["second"].state is State.DONE


def test_a_run_is_not_over_while_nobody_can_tell_what_became_of_what_it_declared(world: World) -> None:
    """The state is lost, and people gave the incident another name: it is told, and not closed by its looks."""
    run = Rehearsal(world, scene(step(0, Declare("outage"), "declare"), step(60, Note("The end."))))
    run.play((10.0, Ask.LEAVE))
    forget(world, "state.json", "journal")
    world.edit(world.incident(TITLE)["id"], name="Something else")

    events = cleaned(world)

    assert outcomes(events) == {"outage": "failed"}
    assert "INC-1 does not look like it any more" in next(one.detail for one in events if isinstance(one, Cleaned))
    assert not run.story.is_over
    assert statuses(world) == {"Something else": "live"}


def test_one_that_only_looks_like_it_is_not_closed_where_the_state_is_lost(world: World) -> None:
    """It was asked for, and never told whether it came to be: what another program declared stays open, and is told."""
    run = Rehearsal(world, scene(step(0, Declare("outage"), "declare"), step(300, Note("The end."))))
    run.play((10.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])
    assert run.states() == {"declare": "begun"}
    forget(world, "state.json", "journal")
    body = {"idempotency_key": "mine", "name": TITLE, "visibility": "public", "mode": "test"}
    world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})

    events = cleaned(world)

    assert outcomes(events) == {"outage": "failed"}
    assert statuses(world) == {TITLE: "live"}
    world.edit(world.incident(TITLE)["id"], incident_status_id=world.status("Closed"))
    assert outcomes(cleaned(world)) == {"outage": "never declared"}
    assert run.story.is_over
