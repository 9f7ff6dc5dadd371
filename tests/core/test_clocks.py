"""A machine whose clock is hours off, or jumps: nothing is made twice, and what is noted is the API's time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Done, Unknown
from tests.core import told
from tests.world import Hurry

if TYPE_CHECKING:
    from tests.world import World

INCIDENT = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor, updates: [{id: first, message: Hello}]}
"""
NEVER = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {adopt: never}\n"
JUMPS = {"ahead": [5], "behind": [-5], "jumps ahead": [0, 9], "jumps back": [0, -9], "years behind": [-24 * 365 * 50]}


@pytest.fixture(params=JUMPS)
def strange_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine's clock be hours off, from the start or from its second reading on."""
    hours = iter(JUMPS[request.param])
    last = [0]

    def wall(_: Hurry) -> datetime:
        last[0] = next(hours, last[0])
        return datetime.now(UTC) + timedelta(hours=last[0])

    monkeypatch.setattr(Hurry, "wall", wall)


@pytest.mark.usefixtures("strange_clock")
@pytest.mark.parametrize("is_dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-after:2:write"])
def test_a_strange_clock_makes_nothing_twice(world: World, fault: str, *, is_dated: bool) -> None:
    """The answer is lost, the API forgets its keys, and this machine's clock is hours off: it is there once."""
    world.idempotency = "forget"
    world.is_dated = is_dated
    world.write(INCIDENT)

    outcomes = world.apply([fault])
    world.apply()

    (one,) = world.incidents()
    assert world.updates(one["id"]) in (["Hello"], [])
    if is_dated:
        assert all(isinstance(one, Done) for one in outcomes)
        told.assert_quiet(world)


@pytest.mark.usefixtures("strange_clock")
def test_a_run_that_died_under_a_strange_clock_is_finished(world: World) -> None:
    """What it asked for is found by the API's own time, by as many runs as it takes."""
    world.idempotency = "forget"
    world.write_raw(NEVER, "reconciler.yaml")
    world.write(INCIDENT)
    reads = len(asked_by_a_plan(world))
    world.apply([f"drop-after:{reads + 1}", f"drop-before:{reads + 2}-"])
    world.apply([f"drop-before:{reads + 1}-"])
    world.settle()

    assert len(world.incidents()) == 1
    told.assert_quiet(world)


def asked_by_a_plan(world: World) -> list[str]:
    """Return what a plan asks."""
    since = len(world.requests())
    world.plan()
    return told.asked(world, since)


@pytest.mark.usefixtures("strange_clock")
def test_the_journal_tells_the_time_of_the_api(world: World) -> None:
    """An intent is noted at the time that the API dates things with, and says so."""
    world.write(INCIDENT)
    world.apply(["drop-before:1-:write"])

    _head, intent = map(json.loads, (world.folder / ".reconciler/sandbox/journal").read_text().splitlines())
    assert intent["clock"] == "api"
    assert abs(intent["time"] - datetime.now(UTC).timestamp()) < 60


def test_what_looks_older_by_the_own_clock_alone_is_neither_taken_nor_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer has a date and the clock is ahead: unknown, with the lines that decide it, and one of them does."""
    monkeypatch.setattr(Hurry, "wall", lambda _: datetime.now(UTC) + timedelta(hours=5))
    world.idempotency, world.is_dated = "forget", False
    world.write_raw(NEVER, "reconciler.yaml")
    world.write(INCIDENT)

    outcome, _ = world.apply(["drop-after:1:write"])

    assert isinstance(outcome, Unknown)
    assert "INC-1 looks like it" in outcome.message
    assert "metadata.not" in outcome.hint
    world.write(INCIDENT.replace("name: checkout", f"name: checkout, id: {world.incidents()[0]['id']}"))
    world.settle()
    assert len(world.incidents()) == 1
