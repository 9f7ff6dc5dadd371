"""An incident that a person is working on is not closed: by its manifest, by an update, or by its removal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.guards import Allowance, allowance, touched
from reconciler.model import Key, Live, Plan, Why
from tests.core import told
from tests.world import ACME

if TYPE_CHECKING:
    from tests.world import World

NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
CHECKOUT = Key("Incident", "checkout")


def manifest(spec: str = "") -> str:
    """Return an incident, and one that nobody touches."""
    head = "kind: Incident\nmetadata: {name: %s}\nspec: {name: %s, severity: Minor, mode: test%s}\n"
    return (
        head % ("checkout", "Checkout slow", spec) + "---\n" + head % ("other", "Other", ", summary: More" * bool(spec))
    )


def touch(world: World) -> None:
    """Let Bob do something to the incident."""
    world.edit(world.incident("Checkout slow")["id"], summary="I am on it")


@pytest.mark.parametrize(
    "closing", [", status: Closed", ", updates: [{id: over, message: Over., status: Closed}]"], ids=["status", "update"]
)
def test_what_a_person_touched_is_not_closed(world: World, closing: str) -> None:
    """That incident is left alone whole, with who and when; the rest goes on."""
    world.write(manifest())
    world.settle()
    touch(world)
    world.write(manifest(closing))

    plan = world.plan()

    refused = told.refusal(plan)
    assert (refused.why, str(refused.key)) == (Why.TOUCHED, "Incident/checkout")
    assert refused.message == "Bob Baker touched it less than a minute ago, and this plan would close it"
    assert refused.hint == (
        "wait until people have left it alone for 15 minutes (`limits: {quiet_minutes: …}` in reconciler.yaml), or "
        "`--allow touched`"
    )
    assert told.steps(plan) == ["edit Incident/other"]
    assert not any("closed" in sentence for sentence in plan.who_will_notice)


def test_what_a_person_touched_is_not_closed_by_its_removal(world: World) -> None:
    """It is neither closed nor forgotten."""
    world.write(manifest(", on_remove: close"))
    world.settle()
    touch(world)
    world.write("kind: Severity\nmetadata: {name: keeper}\nspec: {name: Keeper, description: It stays}\n")
    world.settle()

    plan = world.plan(prune=True)

    assert told.refusal(plan).why is Why.TOUCHED
    assert told.steps(plan) == ["forget Incident/other"]
    assert "edit Incident/checkout" in told.steps(world.plan(prune=True, allow=["touched"]))


@pytest.mark.parametrize("way", ["flag", "workspace"])
def test_it_can_be_let_pass(world: World, way: str) -> None:
    """`--allow touched` for one run, `quiet_minutes: 0` for all; then no log is read for it."""
    world.write_raw(ACME % ("limits: {quiet_minutes: 0}" if way == "workspace" else ""), "reconciler.yaml")
    world.write(manifest())
    world.settle()
    world.write(manifest(", status: Closed"))
    since = len(world.requests())

    plan = world.plan(allow=["touched"] if way == "flag" else [])

    assert "edit Incident/checkout" in told.steps(plan)
    assert "GET /v2/incident_activity_log_entries" not in told.asked(world, since)


def test_what_nobody_touched_is_closed(world: World) -> None:
    """What this program did is no touch, and only the logs of incidents that are closed are read."""
    world.write(manifest())
    world.settle()
    world.write(manifest(", status: Closed"))
    since = len(world.requests())

    plan = world.plan()

    assert told.steps(plan) == ["edit Incident/checkout", "edit Incident/other"]
    assert told.asked(world, since).count("GET /v2/incident_activity_log_entries") == 1


CALL = ", call_url: 'https://meet.example.com/%s'"


@pytest.mark.parametrize("spec", ["", CALL % "ours"], ids=["stated nowhere", "stated"])
def test_a_call_that_a_person_set_is_a_touch(world: World, spec: str) -> None:
    """The log names nobody for it; it is ours only where the live address is the one that we sent."""
    world.write(manifest(spec))
    world.settle()
    world.write(manifest(spec + ", status: Closed"))
    assert not world.plan().refusals
    world.edit(world.incident("Checkout slow")["id"], call_url="https://meet.example.com/bob")

    assert told.refusal(world.plan()).message == (
        "somebody touched it less than a minute ago, and this plan would close it"
    )


def test_a_call_that_a_person_set_and_we_keep_is_a_touch(world: World) -> None:
    """That state knows it by now makes it no write of ours."""
    world.write_raw(ACME % "drift: {Incident: {call_url: keep}}", "reconciler.yaml")
    world.write(manifest(CALL % "ours"))
    world.settle()
    world.edit(world.incident("Checkout slow")["id"], call_url="https://meet.example.com/bob")
    world.settle()
    world.write(manifest(CALL % "ours" + ", status: Closed"))

    assert told.refusal(world.plan()).why is Why.TOUCHED


def test_an_attachment_is_a_touch(world: World) -> None:
    """The log names nobody for it, and this program attaches nothing."""
    world.write(manifest())
    world.settle()
    resource = {"external_id": "9", "resource_type": "github_pull_request"}
    body = {"incident_id": world.incident("Checkout slow")["id"], "resource": resource}
    world.ask("POST", "/v1/incident_attachments", body, person="bob@example.com")
    world.write(manifest(", status: Closed"))

    assert told.refusal(world.plan()).why is Why.TOUCHED


def test_all_that_would_be_closed_is_looked_up(world: World) -> None:
    """However many: one whose log is not read would be refused for what this program did."""
    one = "kind: Incident\nmetadata: {name: i%s}\nspec: {name: Number %s, severity: Minor, mode: test%s}\n"
    world.write("---\n".join(one % (number, number, "") for number in range(23)))
    world.settle()
    world.write("---\n".join(one % (number, number, ", status: Closed") for number in range(23)))

    plan = world.plan()

    assert (len(plan.changes), plan.refusals) == (23, ())


def closing(*, updated: datetime = NOW) -> Plan:
    """Return a plan that closes an incident."""
    live = Live("01H", {}, {"updated_at": updated.isoformat()}, "INC-1")
    return Plan("acme", "", 1, 1, (), live={CHECKOUT: live}, closes=(CHECKOUT,))


def entry(at: datetime, actor: str = "user") -> dict[str, Any]:
    """Return an entry of an activity log."""
    return {
        "occurred_at": at.isoformat(),
        "incident_id": "01H",
        "type": "status_change",
        "content": {"status_change": {"updater": {actor: {"name": "Bob Baker", "id": "01U"}}}},
    }


@given(passed=st.integers(0, 7200), minutes=st.integers(0, 90), skew=st.integers(-3600, 3600))
def test_it_holds_exactly_as_long_as_stated(passed: int, minutes: int, skew: int) -> None:
    """By the API's clock alone, whatever this machine's says; a moment yet to come is now."""
    now = NOW + timedelta(seconds=skew)
    allowed = Allowance.of({"quiet_minutes": minutes}, {})

    refused = touched.held(closing(), {"01H": [entry(now - timedelta(seconds=passed))]}, now, allowed, {})

    assert bool(refused) == (passed < minutes * 60)
    assert not touched.held(closing(), {"01H": [entry(now)]}, now, allowance(allowed, ["touched"]), {})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-60, "less than a minute ago"), (59, "less than a minute ago"), (60, "1 minute ago"), (250, "4 minutes ago")],
)
def test_who_and_when_is_told(seconds: int, words: str) -> None:
    """In whole minutes."""
    refused = touched.held(closing(), {"01H": [entry(NOW - timedelta(seconds=seconds))]}, NOW, Allowance(), {})

    assert refused[CHECKOUT].message == f"Bob Baker touched it {words}, and this plan would close it"


def test_a_program_is_nobody() -> None:
    """Only people work on incidents."""
    assert not touched.held(closing(), {"01H": [entry(NOW, "workflow")]}, NOW, Allowance(), {})


@pytest.mark.parametrize(("minutes", "trips"), [(14, True), (15, False)])
def test_where_the_log_cannot_be_read_any_change_counts(minutes: int, *, trips: bool) -> None:
    """Nobody can tell who did it, so it is taken for a person."""
    found = closing(updated=NOW - timedelta(minutes=minutes))

    refused = touched.held(found, {}, NOW, Allowance(), {})

    assert [one.message for one in refused.values()] == (
        ["somebody touched it 14 minutes ago, and this plan would close it"] if trips else []
    )
