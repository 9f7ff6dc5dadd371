"""The promise of all promises: a run may die at any byte and be repeated, and the result is the same."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ApiError
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = """
kind: Severity
metadata: {name: sev0}
spec: {name: Catastrophic, description: Nobody can trade, rank: 40}
---
kind: Incident
metadata: {name: search}
spec:
  name: Search errors
  mode: test
  severity: Catastrophic
  status: Closed
  call_url: https://meet.example.com/abc
  updates:
    - {id: first, message: We are looking into it.}
    - {id: second, message: A bad deploy.}
---
kind: Incident
metadata: {name: checkout}
spec:
  name: Checkout slow
  mode: test
  declare_as: {severity: Minor}
  timeline:
    - {id: deploy, at: 2026-11-20T09:05:00Z, title: Deploy 4821}
  updates:
    - {id: first, message: Same words.}
    - {id: second, message: Same words., status: Monitoring, severity: Major}
"""
UPDATES = {
    "Search errors": ["We are looking into it.", "A bad deploy."],
    "Checkout slow": ["Same words.", "Same words."],
}
STATUSES = {"Search errors": "Closed", "Checkout slow": "Monitoring"}
# The requests of a whole run; a test below holds this number to the truth.
BOUNDARIES = 15


def die(world: World, faults: list[str]) -> None:
    """Apply until the account goes away."""
    with suppress(ApiError):
        world.apply(faults, parallelism=2)


def check(world: World) -> None:
    """One incident per manifest, each update once and in order, all as declared, and nothing left to do."""
    incidents = world.incidents()
    assert Counter(one["name"] for one in incidents) == Counter(UPDATES.keys())
    for one in incidents:
        assert world.updates(one["id"]) == UPDATES[one["name"]]
        assert one["incident_status"]["name"] == STATUSES[one["name"]]
        items = world.ask("GET", f"/v2/incident_timeline_items?incident_id={one['id']}")
        titles = [item["title"] for item in items["incident_timeline_items"] if not item.get("activity_log_id")]
        assert titles == (["Deploy 4821"] if one["name"] == "Checkout slow" else [])
    assert world.incident("Search errors")["call_url"] == "https://meet.example.com/abc"
    assert world.incident("Search errors")["severity"]["name"] == "Catastrophic"
    severities = world.ask("GET", "/v1/severities")["severities"]
    assert [one["name"] for one in severities].count("Catastrophic") == 1
    again = world.plan()
    assert again.is_empty
    assert not again.refusals


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("boundary", range(1, BOUNDARIES + 1))
def test_a_run_that_dies_at_a_request_is_finished_by_the_next(
    tmp_path: Path, boundary: int, moment: str, idempotency: str, state: str
) -> None:
    """Die at any request, before it is carried out or after; apply again; nothing is there twice or missing."""
    world = World(tmp_path, idempotency)
    world.write(MANIFESTS)
    faults = {
        "before": [f"drop-before:{boundary}-"],
        "after": [f"drop-after:{boundary}", f"drop-before:{boundary + 1}-"],
    }
    die(world, faults[moment])
    if state == "lost":
        world.lose_state()

    world.settle()

    check(world)


def test_the_boundaries_cover_a_whole_run(world: World) -> None:
    """The number of boundaries that are tried is that of the requests of a run that nothing disturbs."""
    world.write(MANIFESTS)

    world.settle()

    assert len(world.requests()) == BOUNDARIES
    check(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("write", range(1, 10))
def test_an_answer_that_is_lost_once_is_found_within_the_run(tmp_path: Path, write: int, idempotency: str) -> None:
    """Lose the answer to any one write; the same run finds out what became of it, and nothing is there twice."""
    world = World(tmp_path, idempotency)
    world.write(MANIFESTS)

    world.apply([f"drop-after:{write}:write"])

    check(world)
