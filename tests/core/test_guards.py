"""What must be known before anyone applies a plan: who notices it, and the limits of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import guards, reconcile
from reconciler.errors import Misused, Refused
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World

WORKSPACE = """
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {%s}
"""


def incidents(count: int, spec: str = "mode: test") -> str:
    """Return manifests of that many incidents."""
    return "---\n".join(
        f"kind: Incident\nmetadata: {{name: i{number}, labels: {{team: t{number % 2}}}}}\n"
        f"spec: {{name: Number {number}, severity: Minor, {spec}}}\n"
        for number in range(count)
    )


def checked(world: World) -> None:
    """Plan, and hold the plan against the workspace's limits."""
    with world.client(read_only=True) as client:
        loaded = reconcile.load(world.workspace)
        reconcile.check(reconcile.plan(loaded, client, world.memory), loaded)


def test_a_limit_holds_with_the_numbers_that_tripped_it(world: World) -> None:
    """More creates than the workspace allows in one run: refused with both numbers, and what to do."""
    world.write(incidents(3))
    world.write_raw(WORKSPACE % "limits: {create: 2}", "reconciler.yaml")

    with pytest.raises(Refused, match="the plan has 3 to create, and the workspace allows 2 in one run"):
        checked(world)

    world.write_raw(WORKSPACE % "limits: {create: 3}", "reconciler.yaml")
    checked(world)


def test_edits_are_counted_by_the_resource(world: World) -> None:
    """Any number of fields, updates and items of one incident is one edit."""
    world.write_raw(WORKSPACE % "limits: {edit: 1}", "reconciler.yaml")
    world.write(incidents(2))
    world.settle()
    world.write(incidents(2).replace("mode: test", "mode: test, summary: More, call_url: 'https://a.example.com'", 1))
    checked(world)
    world.write(incidents(2, "mode: test, summary: More"))

    with pytest.raises(Refused, match="the plan has 2 to edit, and the workspace allows 1"):
        checked(world)


@pytest.mark.parametrize(("count", "trips"), [(5, False), (6, True)])
def test_a_share_is_refused_above_a_floor(world: World, count: int, *, trips: bool) -> None:
    """Percent alone would forbid small workspaces everything: the first five changes are always allowed."""
    world.write_raw(WORKSPACE % "limits: {percent: 30}", "reconciler.yaml")
    world.write(incidents(count))
    if not trips:
        checked(world)
        return

    with pytest.raises(Refused, match=r"the plan changes 6 of 6 resources \(100 %\), and the workspace allows 30 %"):
        checked(world)


def test_modes_that_are_not_allowed_are_refused_at_the_manifest(world: World) -> None:
    """A workspace for exercises declares no real incident; one without a mode is a standard one."""
    world.write_raw(WORKSPACE % "allow: {modes: [test]}", "reconciler.yaml")
    world.write(incidents(1, "summary: Real"))

    with pytest.raises(Refused, match=r"Incident/i0 would be declared in standard mode, and the workspace allows test"):
        checked(world)


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


@pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1200, 0), (1201, 1), (1240, 2), (10_000, 440)])
def test_the_least_time_is_that_of_the_rate_limit(requests: int, seconds: int) -> None:
    """A burst of 1,200, then 20 a second."""
    assert guards.least_seconds(requests) == seconds


@pytest.mark.parametrize(
    ("select", "exclude", "chosen"),
    [
        (["kind=Incident"], [], ["i0", "i1"]),
        (["label=team:t1"], [], ["i1"]),
        (["label=team"], [], ["i0", "i1"]),
        (["label=other"], [], []),
        (["name=i*"], ["name=*0"], ["i1"]),
        (["name=i0", "name=i1"], [], ["i0", "i1"]),
        (["name=i0", "label=team:t1"], [], []),
        (["kind=Severity"], [], ["grave"]),
    ],
)
def test_a_selection_takes_what_it_names(
    world: World, select: list[str], exclude: list[str], chosen: list[str]
) -> None:
    """Terms of one sort are alternatives, different sorts must all hold, and exclusions take away."""
    world.write(incidents(2) + "---\nkind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: Bad}\n")

    plan = world.plan(select=select, exclude=exclude)

    assert sorted(change.key.name for change in plan.changes) == chosen


def test_what_a_selected_one_refers_to_comes_along(world: World) -> None:
    """An incident without the severity that it names could not be declared; what nobody names stays out."""
    severity = "---\nkind: Severity\nmetadata: {name: %s}\nspec: {name: %s, description: Bad}\n"
    world.write(incidents(1).replace("Minor", "Grave") + severity % ("grave", "Grave") + severity % ("odd", "Odd"))

    loaded = reconcile.load(world.workspace, select=["kind=Incident"])

    assert loaded.brought == {"Severity/grave"}
    assert told.steps(world.plan(select=["kind=Incident"])) == ["create Severity/grave", "create Incident/i0"]


def test_a_term_that_selects_nothing_there_is_says_what_to_write(world: World) -> None:
    """It is neither ignored nor guessed."""
    world.write(incidents(1))

    with pytest.raises(Misused, match="`colour=red`"):
        world.plan(select=["colour=red"])
