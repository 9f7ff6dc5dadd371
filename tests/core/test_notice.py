"""Who notices an apply: sentences that are computed from what the plan does, the gravest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import notice, reconcile
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World


def incidents(count: int, spec: str = "mode: test") -> str:
    """Return manifests of that many incidents."""
    return "---\n".join(
        f"kind: Incident\nmetadata: {{name: i{number}, labels: {{team: t{number % 2}}}}}\n"
        f"spec: {{name: Number {number}, severity: Minor, {spec}}}\n"
        for number in range(count)
    )


def test_who_notices_comes_first(world: World) -> None:
    """Announcements, roles, posts and what runs on new incidents, as sentences, computed from the requests."""
    workflow(world, "standard")
    text = incidents(1, "roles: {Incident Lead: alice@example.com}, updates: [{id: a, message: m}]")
    world.write(text + "---\n" + incidents(2).replace("Number", "Other").replace("name: i", "name: o"))

    told_ = world.plan().who_will_notice

    assert told_ == (
        "1 incident is announced in Slack (standard mode): i0",
        "1 role is assigned: Alice Archer as Incident Lead",
        "1 update is posted; posted updates cannot be edited",
        "1 active workflow runs on standard incidents",
        "2 incidents are declared in test mode, without an announcement",
    )


def workflow(world: World, *modes: str) -> None:
    """Let the account have one active workflow that runs on incidents of these modes."""
    with world.sandbox() as app, app.store.writing() as transaction:
        (active,) = (one for one in transaction.organisation.all("workflow") if one["state"] == "active")
        transaction.configure("workflow", active["id"], {**active, "runs_on_incident_modes": list(modes)})


def test_a_workflow_for_other_modes_is_not_told(world: World) -> None:
    """Only those that run on what is declared matter."""
    workflow(world, "standard")
    world.write(incidents(1))

    assert world.plan().who_will_notice == ("1 incident is declared in test mode, without an announcement",)


def test_a_key_that_may_not_see_workflows_says_so(world: World) -> None:
    """Nobody can promise that nothing runs."""
    world.write(incidents(1))

    with world.client(key="sandbox-viewer", read_only=True) as client:
        plan = reconcile.plan(reconcile.load(world.workspace), client, world.memory)

    assert "workflows may run on test incidents; the key may not see which" in plan.who_will_notice


def test_channels_that_are_told_and_incidents_that_are_adopted(world: World) -> None:
    """`notify_channel` is a directive of the next edit, and an adoption is news."""
    world.write(incidents(1))
    world.settle()
    world.lose_state()
    world.write(incidents(1, "mode: test, summary: More, notify_channel: true"))

    assert world.plan().who_will_notice == ("1 incident channel is told of edits: i0", "1 incident is adopted: INC-1")


def test_a_directive_is_no_difference(world: World) -> None:
    """Whether the channel is told says nothing by itself."""
    world.write(incidents(1))
    world.settle()
    world.write(incidents(1, "mode: test, notify_channel: true"))

    told.assert_quiet(world)


def test_what_cannot_be_undone_is_told_first(world: World) -> None:
    """Closing is a step that the API does not take back; an incident that is closed already is not told again."""
    text = """
        kind: Incident
        metadata: {name: over}
        spec: {name: It is over, severity: Minor, mode: test, status: Closed, updates: [{id: a, message: Over.}]}
        """
    world.write(text)
    assert world.plan().who_will_notice[0] == "1 incident is closed, and the API cannot reopen one: over"
    world.settle()
    world.write(text.replace("severity: Minor", "severity: Major"))

    assert not any("closed" in told for told in world.plan().who_will_notice)


@pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1200, 0), (1201, 1), (1240, 2), (10_000, 440)])
def test_the_least_time_is_that_of_the_rate_limit(requests: int, seconds: int) -> None:
    """A burst of 1,200, then 20 a second."""
    assert notice.least_seconds(requests) == seconds
