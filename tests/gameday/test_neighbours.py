"""Runs beside a workspace and beside each other: what one of them declared is taken by none of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.gameday.events import Cleaned, Event, State, StepTold
from reconciler.gameday.hosting import Ask
from reconciler.gameday.script import Declare, Note
from reconciler.model import Key
from reconciler.state import neighbours
from tests.core import told
from tests.gameday import scenes
from tests.gameday.runs import Rehearsal, scene
from tests.gameday.test_cleanup import TITLE, cleaned, outcomes
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

step = scenes.step
INCIDENT = f"""
kind: Incident
metadata: {{name: mine}}
spec: {{name: {TITLE}, mode: test, severity: Minor}}
"""
LOST = ["drop-before", "503-before", "drop-after"]


def day() -> Any:
    """Return a game day whose incident is declared after ten seconds."""
    return scene(step(10, Declare("outage"), "declare"), step(60, Note("The end.")))


def by_editor(world: World, summary: str = "other words") -> None:
    """Declare an incident of the same title with another API key."""
    body = {"idempotency_key": "theirs", "name": TITLE, "visibility": "public", "mode": "test", "summary": summary}
    with world.client(key="sandbox-editor") as client:
        client.send("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})


def by_manifest(world: World) -> None:
    """Apply a manifest of the same title."""
    world.write(INCIDENT)
    world.settle()


def by_another_run(world: World) -> None:
    """Play another run of the same game day, and leave it open."""
    Rehearsal(world, day(), run_id="another").play((30.0, Ask.LEAVE))


WAYS = {"another key": by_editor, "a manifest": by_manifest, "another run": by_another_run}


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("way", WAYS)
def test_a_run_takes_no_incident_of_somebody_else_for_its_own(
    tmp_path: Path, way: str, fault: str, idempotency: str
) -> None:
    """One answer to its create is lost: it finds or makes its own, closes that, and leaves theirs as it is."""
    world = World(tmp_path, idempotency)
    run = Rehearsal(world, day())
    theirs: list[str] = []

    def meanwhile(_time: float) -> None:
        if not theirs:
            WAYS[way](world)
            theirs.extend(one["id"] for one in world.incidents())

    story = run.play(on_wait=meanwhile, faults=[f"{fault}:1:POST:/v2/incidents"])

    assert run.states()["declare"] is State.DONE
    assert {one.outcome for one in story.cleaned.values()} == {"closed"}
    assert story.is_over
    categories = {one["id"] in theirs: one["incident_status"]["category"] for one in world.incidents()}
    assert categories == {True: "live", False: "closed"}
    assert len(world.incidents()) == 2


@pytest.mark.parametrize("way", ["a manifest", "another run"])
def test_cleanup_closes_nothing_of_somebody_else(tmp_path: Path, way: str) -> None:
    """A create that never arrived, and an incident of its looks made just then: it was never declared."""
    world = World(tmp_path)
    run = Rehearsal(world, day())
    run.play((30.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])
    WAYS[way](world)

    assert outcomes(cleaned(world)) == {"outage": "never declared"}
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live"]


def test_cleanup_does_not_close_what_another_key_declared(world: World) -> None:
    """Nobody knows which key an earlier host had: it is told, and left as it is."""
    run = Rehearsal(world, day())
    run.play((30.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])
    by_editor(world)

    (event,) = cleaned(world)

    assert isinstance(event, Cleaned)
    assert (event.outcome, event.detail) == ("failed", "INC-1 looks like it, and another API key made that")
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live"]


def test_cleanup_does_not_close_what_holds_other_values(world: World) -> None:
    """The same key declared one of the same title for something else: doubtful, told, and left as it is."""
    run = Rehearsal(world, day())
    run.play((30.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])
    body = {"idempotency_key": "x", "name": TITLE, "visibility": "public", "mode": "test"}
    world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Critical")})

    (event,) = cleaned(world)

    assert isinstance(event, Cleaned)
    assert (event.outcome, event.detail) == ("failed", "INC-1 looks like it, and holds other values")
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live"]


def test_apply_adopts_nothing_that_a_run_declared(world: World) -> None:
    """It looks the same, and it is the run's: the manifest gets an incident of its own."""
    by_another_run(world)
    world.write(INCIDENT)

    plan = world.plan()

    assert told.steps(plan) == ["create Incident/mine"]
    world.settle()
    assert len(world.incidents()) == 2


def test_apply_adopts_nothing_that_a_run_may_have_declared(world: World) -> None:
    """The run does not know yet what it made: the plan refuses, and says why."""
    run = Rehearsal(world, day(), run_id="another")
    run.play((30.0, Ask.LEAVE), faults=["drop-after:1:POST:/v2/incidents", "drop-before:2-:POST", "drop-before:7-:GET"])
    assert len(world.incidents()) == 1
    world.write(INCIDENT)

    refusal = told.refusal(world.plan())

    assert refusal.key == Key("Incident", "mine")
    assert "a run of a game day may have declared" in refusal.message


def test_a_run_takes_nothing_that_another_one_may_have_made(world: World) -> None:
    """Both asked for one, one arrived, and neither knows whose it is: told, and touched by neither."""
    lost = ["drop-before:2-:POST", "drop-before:7-:GET"]
    first = Rehearsal(world, day(), run_id="another")
    first.play((30.0, Ask.LEAVE), faults=["drop-after:1:POST:/v2/incidents", *lost])
    run = Rehearsal(world, day())
    run.play((30.0, Ask.LEAVE), faults=["drop-before:1-:POST", "drop-before:7-:GET"])

    (event,) = cleaned(world)

    assert isinstance(event, Cleaned)
    assert event.outcome == "failed"
    assert "may be what another run asked for" in event.detail
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live"]


def test_apply_takes_nothing_of_a_run_for_what_it_asked_for(world: World) -> None:
    """The answer to its create is lost, and a run declares one of the same looks just then."""
    world.write(INCIDENT)

    def by_a_run(_seconds: float) -> None:
        if not world.incidents():
            by_another_run(world)

    def beside() -> Any:
        return neighbours(world.workspace)

    (outcome,) = told.carry_out(
        world, world.plan(), ["drop-before:1:POST:/v2/incidents"], sleep=by_a_run, beside=beside
    )

    assert type(outcome).__name__ == "Done"
    assert len(world.incidents()) == 2
    told.assert_quiet(world)


def test_an_incident_of_the_same_key_with_other_words_is_not_taken(world: World) -> None:
    """Nobody edits an incident as soon as it is there: what holds other values is doubtful, and told."""
    run = Rehearsal(world, day())
    made: list[str] = []

    def meanwhile(_time: float) -> None:
        if not made:
            body = {"idempotency_key": "x", "name": TITLE, "visibility": "public", "mode": "test"}
            answer = world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Critical")})
            made.append(answer["incident"]["id"])

    run.play(on_wait=meanwhile, faults=["drop-before:1:POST:/v2/incidents"])

    assert run.states()["declare"] is State.FAILED
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live"]


def test_a_lost_answer_is_not_told_as_an_api_that_was_away(world: World) -> None:
    """One answer was lost and the rest arrived: the step says what is known of it."""
    run = Rehearsal(world, day())
    heard: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.FAILED:
            heard.append(event.detail)

    def meanwhile(_time: float) -> None:
        for number in range(0 if world.incidents() else 2):
            body = {"idempotency_key": f"{number}", "name": TITLE, "visibility": "public", "mode": "test"}
            world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})

    world.idempotency = "forget"
    run.play(on_tell=hear, on_wait=meanwhile, faults=["drop-before:1:POST:/v2/incidents"])

    assert heard == ["no answer: INC-2 and INC-1 all look like it"]
