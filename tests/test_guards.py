"""What people are told before they say yes, and the limits that a plan must stay within."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import reconcile
from reconciler.errors import Refused
from reconciler.guards import least_seconds

if TYPE_CHECKING:
    from tests.world import World

WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {{name: acme}}
spec: {spec}
"""


def incidents(world: World, number: int, mode: str = "test") -> None:
    """Declare some incidents."""
    world.write(
        "---\n".join(
            f"kind: Incident\nmetadata: {{name: number-{each}}}\n"
            f"spec: {{name: Number {each}, severity: Minor, mode: {mode}}}\n"
            for each in range(number)
        )
    )


def check(world: World, spec: str) -> None:
    """Plan in a workspace, and hold the plan against its limits."""
    world.write_raw(WORKSPACE.format(spec=spec), "reconciler.yaml")
    reconcile.check(world.plan(), reconcile.load(world.workspace))


def test_a_plan_with_more_creates_than_allowed_is_refused(world: World) -> None:
    """The refusal carries the numbers that tripped it, and where to raise the limit."""
    incidents(world, 3)

    with pytest.raises(Refused) as refused:
        check(world, "{limits: {create: 2}}")

    assert str(refused.value) == "the plan has 3 to create, and the workspace allows 2 in one run"
    assert "limits: {create: …}" in refused.value.hint


def test_a_plan_within_its_limits_passes(world: World) -> None:
    """As many as allowed are allowed."""
    incidents(world, 3)

    check(world, "{limits: {create: 3}}")

    assert world.plan().summary["create"] == 3


def test_a_limit_in_percent_lets_a_few_changes_pass(world: World) -> None:
    """Five changes are always few, whatever their share; six of six are not."""
    incidents(world, 5)
    check(world, "{limits: {percent: 30}}")
    incidents(world, 6)

    with pytest.raises(Refused, match=r"changes 6 of 6 resources \(100 %\), and the workspace allows 30 %"):
        check(world, "{limits: {percent: 30}}")


def test_a_mode_that_is_not_allowed_is_refused_at_its_manifest(world: World) -> None:
    """A workspace for drills declares no standard incident."""
    incidents(world, 1, "standard")

    with pytest.raises(Refused, match=r"manifests.yaml:1:1: Incident/number-0 would be declared in standard mode"):
        check(world, "{allow: {modes: [test]}}")


def test_people_are_told_what_they_will_notice(world: World) -> None:
    """Announcements come first, then roles, updates and workflows; numbers are those of the plan."""
    world.write(
        """
        kind: Incident
        metadata: {name: real}
        spec:
          name: It is real
          severity: Minor
          roles: {Incident Lead: bob@example.com}
          updates: [{id: a, message: First.}, {id: b, message: Second.}]
        """
    )

    assert world.plan().who_will_notice == (
        "1 incident is announced in Slack (standard mode): real",
        "1 role is assigned: Bob Baker as Incident Lead",
        "2 updates are posted; posted updates cannot be edited",
        "1 active workflow runs on standard incidents",
    )


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


@pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1_200, 0), (1_201, 1), (3_200, 100)])
def test_the_least_time_follows_from_the_rate_limit(requests: int, seconds: int) -> None:
    """A burst of 1,200, then 20 a second."""
    assert least_seconds(requests) == seconds
