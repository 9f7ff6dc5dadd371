"""What a plan reads: lists wherever a list will do, never one request per object where a page does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.kinds.incident import KIND
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World

SPEC = "mode: test, severity: Minor, custom_fields: {Detection method: Alert}"


def manifests(count: int, more: str = "") -> str:
    """Return manifests of that many incidents."""
    return "---\n".join(
        f"kind: Incident\nmetadata: {{name: i{number}}}\nspec: {{name: Number {number}, {SPEC}{more}}}\n"
        for number in range(count)
    )


def strangers(world: World, count: int) -> None:
    """Let somebody declare that many other incidents."""
    body = {"visibility": "public", "mode": "test", "severity_id": world.severity("Minor")}
    for number in range(count):
        world.ask("POST", "/v2/incidents", {**body, "name": f"Other {number}", "idempotency_key": f"o{number}"})


def read(world: World) -> Counter[str]:
    """Return how often a plan reads each path."""
    since = len(world.requests())
    told.assert_quiet(world)
    return Counter(told.asked(world, since))


def test_a_plan_of_many_incidents_reads_pages(world: World) -> None:
    """300 managed incidents are two pages; nothing is read per incident, and updates not at all."""
    world.write(manifests(300, ", updates: [{id: first, message: Hello}], timeline: [" + ITEM + "]"))
    world.settle()

    assert read(world) == {
        "GET /v1/identity": 1,
        "GET /v1/custom_field_options": 1,
        "GET /v1/incident_statuses": 1,
        "GET /v1/incident_types": 1,
        "GET /v1/severities": 1,
        "GET /v2/custom_fields": 1,
        "GET /v2/incidents": 2,
    }


ITEM = "{id: a, at: 2026-11-20T09:05:00Z, title: Deploy}"


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of twenty, so that fewer incidents make many pages."""
    monkeypatch.setattr("reconciler.live.INCIDENT", replace(KIND, page_size=20))


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize("wanted", [1, 3])
def test_a_few_among_many_are_read_by_id(world: World, wanted: int) -> None:
    """The account holds many, and only a few are managed: pages are not turned for them."""
    world.write(manifests(wanted))
    world.settle()
    strangers(world, 60)

    asked = read(world)

    assert asked["GET /v2/incidents"] == (0 if wanted == 1 else 1)
    assert sum(number for path, number in asked.items() if path.startswith("GET /v2/incidents/")) == wanted


@pytest.mark.usefixtures("short_pages")
def test_pages_are_turned_until_all_are_seen(world: World) -> None:
    """The newest are read first, so that what is managed and new needs no further page."""
    strangers(world, 50)
    world.write(manifests(5))
    world.settle()

    assert read(world)["GET /v2/incidents"] == 1


def test_updates_are_read_for_those_alone_that_may_have_some_open(world: World) -> None:
    """One incident of many has a new update that no record knows: its list is read, no other."""
    world.write(manifests(5, ", updates: [{id: first, message: Hello}]"))
    world.settle()
    text = manifests(5, ", updates: [{id: first, message: Hello}]")
    world.write(text.replace("message: Hello}", "message: Hello}, {id: second, message: More}", 1))
    since = len(world.requests())

    world.plan()

    assert told.asked(world, since).count("GET /v2/incident_updates") == 1
    assert "GET /v2/incident_timeline_items" not in told.asked(world, since)


def test_test_incidents_are_asked_for_by_name(world: World) -> None:
    """A list leaves test and tutorial incidents out unless their modes are named."""
    world.write(manifests(2))
    world.settle()
    since = len(world.requests())

    world.plan()

    (query,) = [one["query"] for one in world.requests()[since:] if one["path"] == "/v2/incidents"]
    assert all(f"={mode}" in query for mode in ("standard", "test", "retrospective", "tutorial"))
    assert "page_size=250" in query


def test_configuration_alone_reads_no_incident(world: World) -> None:
    """A workspace of severities has nothing to do with incidents, even where some are there."""
    world.write("kind: Severity\nmetadata: {name: minor}\nspec: {name: Minor, description: Small}\n")
    world.settle()

    assert read(world) == {"GET /v1/identity": 1, "GET /v1/severities": 1}


def test_workflows_are_read_where_an_incident_is_declared(world: World) -> None:
    """They run on new incidents, and whoever approves the plan must know."""
    world.write(manifests(1))
    since = len(world.requests())
    world.plan()
    assert "GET /v2/workflows" in told.asked(world, since)

    world.settle()

    assert "GET /v2/workflows" not in read(world)


def test_the_entries_of_a_catalog_are_read_once_for_all_fields(world: World) -> None:
    """However many incidents name them, and by whichever field of that type."""
    world.write(manifests(3).replace("Detection method: Alert", "Affected services: [Checkout, Search]"))
    world.settle()

    assert read(world)["GET /v3/catalog_entries"] == 1
