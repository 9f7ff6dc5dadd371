"""What would be refused half-way is told before the first write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import reconcile
from reconciler.errors import Invalid
from reconciler.model import Topic, Why

if TYPE_CHECKING:
    from tests.world import World

STATUS = """
kind: IncidentStatus
metadata: {{name: {name}}}
spec: {{name: {title}, description: d, category: live, rank: {rank}}}
"""
INCIDENT = """
kind: Incident
metadata: {name: one}
spec: {name: One, severity: Minor, mode: test%s}
"""


def test_a_rank_that_an_undeclared_status_holds_is_refused(world: World) -> None:
    """The API takes one status a rank; that another one has it is known once the account was read."""
    world.write(STATUS.format(name="fresh", title="Fresh", rank=3))

    plan = world.plan()

    (refusal,) = plan.refusals
    assert refusal.why is Why.IMPOSSIBLE
    assert str(refusal.source).endswith("manifests.yaml:4:59")
    assert "rank 3 is that of the status `Monitoring`" in refusal.message
    assert plan.is_empty


def test_who_needs_a_refused_status_is_refused_with_it(world: World) -> None:
    """An incident cannot be declared in a status that is not made."""
    world.write(STATUS.format(name="fresh", title="Fresh", rank=3) + "---" + INCIDENT % ", status: Fresh")

    plan = world.plan()

    assert [str(one.key) for one in plan.refusals] == ["IncidentStatus/fresh", "Incident/one"]
    assert plan.is_empty


def test_two_statuses_of_one_rank_are_told_offline(world: World) -> None:
    """Both stand in the manifests, so no account is needed to know."""
    world.write(STATUS.format(name="a", title="A", rank=9) + "---" + STATUS.format(name="b", title="B", rank=9))

    with pytest.raises(Invalid, match="rank 9 is taken by another status of category live, first at"):
        reconcile.load(world.workspace)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (", call_url: nonsense", "`nonsense` cannot be `call_url`"),
        (", updates: [{id: a, message: ' '}]", "`message` is blank"),
        (", timestamps: {Reported at: '0001-01-01T00:00:00+14:00'}", "is not a time"),
    ],
)
def test_what_the_api_would_refuse_is_told_offline(world: World, stated: str, told: str) -> None:
    """Blank texts, addresses that are none, and moments outside the calendar."""
    world.write(INCIDENT % stated)

    with pytest.raises(Invalid, match=told):
        reconcile.load(world.workspace)


def test_a_link_field_takes_links(world: World) -> None:
    """Which fields hold links is known once the account was read."""
    world.write(INCIDENT % ", custom_fields: {Runbook: not a link}")

    with pytest.raises(Invalid, match="`not a link` is not an address"):
        world.plan()


def test_a_long_number_stays_exact(world: World) -> None:
    """No digit of a number is rounded away."""
    world.write(INCIDENT % ", custom_fields: {Customers affected: 123456789012345678901234567890}")

    (create,) = world.plan().changes

    assert "123456789012345678901234567890" in str(create)


def test_an_update_that_is_no_longer_declared_is_told(world: World) -> None:
    """A posted update stays, and the plan says so."""
    world.write(INCIDENT % ", updates: [{id: a, message: First.}, {id: b, message: Second.}]")
    world.settle()
    world.write(INCIDENT % ", updates: [{id: b, message: Second.}]")

    plan = world.plan()

    assert plan.is_empty
    assert [(one.topic, str(one.key)) for one in plan.notices] == [(Topic.UNDECLARED, "Incident/one/update/a")]


def test_a_key_that_lacks_a_role_is_warned(world: World) -> None:
    """A viewer can plan, and is told what applying may need."""
    world.write(INCIDENT % "")
    with world.client(key="sandbox-viewer", read_only=True) as client:
        plan = reconcile.plan(reconcile.load(world.workspace), client, world.memory)

    (warning,) = [one for one in plan.notices if one.topic is Topic.WARNING]
    assert warning.message == "the key has the roles viewer; declaring incidents may need incident_creator"


def test_an_option_with_a_slash_is_remembered(world: World) -> None:
    """What people choose from may hold any sign."""
    world.write(
        """
        kind: CustomField
        metadata: {name: region}
        spec: {name: Region, description: Where, type: single_select, options: [EU/US, AP]}
        """
    )
    world.settle()

    assert [str(key) for key in world.memory.state.records if key.child] == [
        "CustomField/region/option/AP",
        "CustomField/region/option/EU/US",
    ]
    assert {key.child for key in world.memory.state.records if key.child} == {("option", "AP"), ("option", "EU/US")}
    assert world.plan().is_empty
