"""A server that moves incidents through the post-incident statuses by itself, and closes them: followed, not fought."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Done, Topic
from reconciler.sandbox import Behaviour, moments
from tests.core import told
from tests.core.test_lost_answers import words
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACE = 600
MANIFEST = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor, %s}
"""
ENDS = {
    "stated": "status: Documenting",
    "stated, after updates": "status: Documenting, updates: [{id: first, message: Hello}]",
    "by an update": "updates: [{id: first, message: Hello}, {id: last, message: Over, status: Documenting}]",
    "at creation": "declare_as: {status: Documenting}, status: Documenting",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An account whose server moves incidents on."""
    return World(tmp_path, behaviour=Behaviour(post_incident_pace=PACE))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let seconds pass in the account."""
    passed = 0.0
    real = moments.now

    def passes(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr("reconciler.sandbox.moments.now", lambda: real() + timedelta(seconds=passed))
    return passes


def status(world: World) -> str:
    """Return the status of the only incident."""
    (one,) = world.incidents()
    return str(one["incident_status"]["name"])


@pytest.mark.parametrize("drift", ["", "keep", "overwrite", "fail"])
@pytest.mark.parametrize("end", ENDS)
def test_it_is_written_once_and_compared_by_category(
    world: World, passes: Callable[[float], None], end: str, drift: str
) -> None:
    """One apply; then plans are empty, in the status that was stated and in the next, whatever the drift policy."""
    if drift:
        policy(world, drift)
    world.write(MANIFEST % ENDS[end])
    world.settle()
    told.assert_quiet(world)
    passes(PACE)

    assert status(world) == "Reviewing"
    told.assert_quiet(world)
    since = len(world.requests())
    world.settle()

    assert {one.split()[0] for one in told.asked(world, since)} == {"GET"}
    assert status(world) == "Reviewing"


def policy(world: World, drift: str) -> None:
    """State a drift policy for the status."""
    world.write_raw(
        "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\n"
        f"spec: {{drift: {{Incident: {{status: {drift}}}}}}}\n",
        "reconciler.yaml",
    )


@pytest.mark.parametrize("drift", ["", "overwrite", "fail"])
@pytest.mark.parametrize("end", ENDS)
def test_it_is_finished_when_the_server_has_closed_it(
    world: World, passes: Callable[[float], None], end: str, drift: str
) -> None:
    """Neither change nor error: told once with the two ways on, and nothing is reopened."""
    if drift:
        policy(world, drift)
    world.write(MANIFEST % ENDS[end])
    world.settle()
    passes(2 * PACE)

    plan = world.plan()
    world.settle()

    assert status(world) == "Closed"
    assert plan.is_empty
    assert not plan.refusals
    assert told.notices(plan) == ["closed by workflow Post-incident flow; the manifest says Documenting"]
    (notice,) = plan.notices
    assert notice.topic is Topic.FINISHED


@pytest.mark.parametrize("seconds", [0, PACE, 2 * PACE])
@pytest.mark.parametrize("end", ENDS)
def test_lost_state_moves_nothing_back(world: World, passes: Callable[[float], None], end: str, seconds: float) -> None:
    """Adopted where the server brought it, nothing posted again, and plans are empty from then on."""
    world.write(MANIFEST % ENDS[end])
    world.settle()
    (before,) = world.incidents()
    messages = world.updates(before["id"])
    passes(seconds)
    world.lose_state()
    now = status(world)
    since = len(world.requests())

    world.settle()

    assert told.writes(world, since) == []
    assert status(world) == now
    assert world.updates(before["id"]) == messages
    assert world.plan().is_empty
    assert not world.plan().refusals


@pytest.mark.parametrize("seconds", [PACE, 2 * PACE])
def test_other_fields_converge_wherever_it_is(world: World, passes: Callable[[float], None], seconds: float) -> None:
    """What changes in the manifest is written, and that alone."""
    world.write(MANIFEST % ENDS["stated"])
    world.settle()
    passes(seconds)
    world.write(MANIFEST % f"{ENDS['stated']}, summary: What was learned")

    plan = world.plan()
    world.settle()

    assert told.fields(plan.changes[0]).keys() == {"summary"}
    assert world.incidents()[0]["summary"] == "What was learned"
    assert world.plan().is_empty


def test_an_update_is_posted_behind_the_servers_own_moves(world: World, passes: Callable[[float], None]) -> None:
    """A message without a move, declared after the server has moved it within the category."""
    world.write(MANIFEST % ENDS["stated, after updates"])
    world.settle()
    passes(PACE)
    more = ENDS["stated, after updates"].replace("]", ", {id: second, message: Written}]")
    world.write(MANIFEST % more)

    world.settle()

    assert world.updates(world.incidents()[0]["id"]) == ["Hello", "Written"]
    assert status(world) == "Reviewing"
    told.assert_quiet(world)


def test_a_person_who_closes_wins(world: World, passes: Callable[[float], None]) -> None:
    """Over the manifest and over the server."""
    world.write(MANIFEST % ENDS["stated"])
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Closed"))
    passes(10 * PACE)

    world.settle()

    assert status(world) == "Closed"
    assert told.notices(world.plan(), Topic.FINISHED) == ["closed by Bob Baker; the manifest says Documenting"]


def test_closing_is_asked_for_wherever_the_server_brought_it(world: World, passes: Callable[[float], None]) -> None:
    """A manifest that says closed now closes it from whichever post-incident status it is in."""
    world.write(MANIFEST % ENDS["stated"])
    world.settle()
    passes(PACE)
    world.write(MANIFEST % "status: Closed")

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


@pytest.mark.parametrize("drift", ["", "overwrite", "fail"])
@pytest.mark.parametrize("seconds", [PACE, 2 * PACE])
@pytest.mark.parametrize("write", ["edit", "update", "create"])
def test_a_lost_answer_and_a_move_by_the_server_are_no_conflict(
    world: World, passes: Callable[[float], None], write: str, seconds: float, drift: str
) -> None:
    """The answer is lost, and the server has moved the incident before it is read back: the next plan is empty."""
    if drift:
        policy(world, drift)
    if write != "create":
        world.write(MANIFEST % "status: Fixing")
        world.settle()
    world.write(MANIFEST % (ENDS["by an update"] if write == "update" else ENDS["at creation"]))
    fault = "drop-after:2:write" if write == "update" else "drop-after:1:write"

    outcomes = told.carry_out(world, world.plan(), [fault], sleep=lambda _: passes(seconds))
    world.settle()

    assert set(words(outcomes).values()) <= {"done", "unknown"}
    plan = world.plan()
    assert plan.is_empty
    assert not plan.refusals
    assert status(world) == ("Reviewing" if seconds == PACE else "Closed")
    assert len(world.incidents()) == 1
    assert world.updates(world.incidents()[0]["id"]) == (["Hello", "Over"] if write == "update" else [])


@pytest.mark.parametrize("found", ["lost state", "lost answer"])
def test_what_was_found_settled_is_remembered(world: World, passes: Callable[[float], None], found: str) -> None:
    """Who moves it on from there, or back, is a person whom the policy is about, not a manifest that asks anew."""
    world.write(MANIFEST % ("status: Fixing" if found == "lost answer" else ENDS["stated"]))
    world.settle()
    world.write(MANIFEST % ENDS["stated"])
    if found == "lost answer":
        told.carry_out(world, world.plan(), ["drop-after:1:write"], sleep=lambda _: passes(PACE))
    else:
        passes(PACE)
        world.lose_state()
    world.settle()
    told.assert_quiet(world)
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Fixing"))

    plan = world.plan()

    assert plan.is_empty
    assert told.notices(plan, Topic.KEPT) == ["status Fixing kept (Bob Baker); the manifest says Documenting"]


def test_the_server_may_move_it_within_a_run(world: World, passes: Callable[[float], None]) -> None:
    """Between the plan and its steps, which are carried out all the same."""
    world.write(MANIFEST % ENDS["stated"])
    world.settle()
    world.write(MANIFEST % f"{ENDS['stated']}, summary: Known, updates: [{{id: first, message: Hello}}]")
    plan = world.plan()
    passes(PACE)

    outcomes = told.carry_out(world, plan)

    assert all(isinstance(one, Done) for one in outcomes)
    assert status(world) == "Reviewing"
    told.assert_quiet(world)


def test_another_post_incident_status_is_written_when_the_manifest_asks_for_it(world: World) -> None:
    """Once, as it is asked for anew; where the server is by then does not matter afterwards."""
    world.write(MANIFEST % ENDS["stated"])
    world.settle()
    world.write(MANIFEST % "status: Reviewing")
    since = len(world.requests())

    world.settle()

    assert len(told.writes(world, since)) == 1
    assert status(world) == "Reviewing"
    told.assert_quiet(world)
