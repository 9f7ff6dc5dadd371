"""Things that look alike are told apart: what is ours and what is not, what is new and what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import Key, Leaf, Step, Unknown, Why
from reconciler.state import FieldRecord, Record, remember
from tests.core import told

if TYPE_CHECKING:
    from reconciler.model import Leaves
    from tests.world import World

INCIDENT = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor%s}
"""
SEVERITY = """
kind: Severity
metadata: {name: %s}
spec: {name: %s, description: %s}
"""
CHECKOUT = Key("Incident", "checkout")
NEVER = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {adopt: never}\n"


def declared(world: World, *, person: str = "") -> str:
    """Let someone else declare an incident of the same looks, and return its ID."""
    body = {"visibility": "public", "mode": "test", "name": "Checkout slow", "severity_id": world.severity("Minor")}
    answer = world.ask("POST", "/v2/incidents", {**body, "idempotency_key": "theirs"}, person=person)
    return str(answer["incident"]["id"])


def test_what_a_person_declares_meanwhile_is_not_what_was_asked_for(world: World) -> None:
    """The create never arrived, and a person declares one that looks the same: ours is still made."""
    world.write(INCIDENT % ", summary: Ours")

    def by_people(_seconds: float) -> None:
        if not world.incidents():
            declared(world, person="bob@example.com")

    told.carry_out(world, world.plan(), ["drop-before:1:write"], sleep=by_people)

    assert sorted(one.get("summary", "") for one in world.incidents()) == ["", "Ours"]


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_what_was_there_long_before_is_not_what_was_asked_for(world: World, idempotency: str) -> None:
    """The create never arrived; an old incident that looks the same is not taken for its answer."""
    world.idempotency = idempotency
    world.write_raw(NEVER, "reconciler.yaml")
    old = declared(world)
    with world.sandbox() as app, app.store.writing() as transaction:
        transaction.write("UPDATE incident SET created = created - 86400000000", ())
    world.write(INCIDENT % ", summary: Ours")

    world.apply(["drop-before:1:write"])

    assert len(world.incidents()) == 2
    record = world.memory.record(CHECKOUT)
    assert record is not None
    assert record.id != old


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_posted_update_is_not_taken_for_one_that_says_the_same(world: World, idempotency: str) -> None:
    """The second of two equal updates never arrived: the first is not its answer."""
    world.idempotency = idempotency
    world.write(INCIDENT % ", updates: [{id: first, message: Hello}]")
    world.settle()
    world.write(INCIDENT % ", updates: [{id: first, message: Hello}, {id: second, message: Hello}]")

    world.apply(["drop-before:1:write"])

    assert world.updates(world.incidents()[0]["id"]) == ["Hello", "Hello"]
    told.assert_quiet(world)


def test_an_edit_that_cannot_be_read_back_is_sent_again(world: World) -> None:
    """Whether the channel was renamed cannot be seen, and renaming it twice does no harm: it is not left undone."""
    world.write(INCIDENT % "")
    world.settle()
    world.write(INCIDENT % ", slack_channel_name: ours")
    since = len(world.requests())

    world.apply(["drop-before:1:write"])

    assert len(told.writes(world, since)) == 1
    told.assert_quiet(world)


def test_an_edit_of_something_that_is_gone_since_is_unknown(world: World) -> None:
    """The answer is lost and the object is not shown any more: nobody knows whether it was edited."""
    world.write(SEVERITY % ("grave", "Grave", "Bad"))
    world.settle()
    identifier = world.severity("Grave")
    world.write(SEVERITY % ("grave", "Grave", "Worse"))

    def by_people(_seconds: float) -> None:
        world.ask("DELETE", f"/v1/severities/{identifier}")

    (outcome,) = told.carry_out(world, world.plan(), ["drop-after:1:write"], sleep=by_people)

    assert isinstance(outcome, Unknown)


def test_an_entry_that_did_not_come_back_counts_as_unset() -> None:
    """A map tells what is set; a plain field that is not told cannot be read back."""
    sent: Leaves = {("custom_fields", "01A"): Leaf.plain([1]), ("slack_channel_name",): Leaf.plain("ours")}

    assert remember(sent, {}) == {
        "custom_fields/01A": FieldRecord([1], None),
        "slack_channel_name": FieldRecord("ours", "ours"),
    }


def test_children_that_are_seen_with_another_object_are_its_own(world: World) -> None:
    """A resource that is another object by now loses the old one's children, not those that were just seen."""
    world.workspace.state.parent.mkdir(parents=True)
    child = CHECKOUT.of("update", "first")
    noted = world.store.open_journal()
    noted.outcome(Step("create", CHECKOUT), {CHECKOUT: Record("01OLD")})
    noted.outcome(Step("post", CHECKOUT.of("update", "gone")), {CHECKOUT.of("update", "gone"): Record("01GONE")})

    noted.observed({child: Record("01CHILD"), CHECKOUT: Record("01NEW")})

    noted.close()
    assert {str(key): record.id for key, record in world.memory.state.records.items()} == {
        "Incident/checkout": "01NEW",
        "Incident/checkout/update/first": "01CHILD",
    }


@pytest.mark.parametrize("wanted", ["Paused", "Canceled", "Triage"])
def test_no_incident_is_moved_where_only_people_bring_it(world: World, wanted: str) -> None:
    """The same for what exists as for what is declared: refused whole, at its line."""
    world.write(INCIDENT % ", status: Fixing")
    world.settle()
    world.write(INCIDENT % f", status: {wanted}")

    plan = world.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.IMPOSSIBLE
    assert f"to {wanted}" in refusal.message
    assert plan.is_empty


def test_a_name_means_what_the_manifests_call_it(world: World) -> None:
    """Two severities exchange their names: an incident that names one means the object that will be called so."""
    world.write(SEVERITY % ("a", "Minor", "Small") + "---" + SEVERITY % ("b", "Major", "Large"))
    world.settle()
    before = world.severity("Major")
    world.write(SEVERITY % ("a", "Major", "Small") + "---" + SEVERITY % ("b", "Minor", "Large"))
    world.write(INCIDENT % "", "incident.yaml")

    created: Any = told.change(world.plan(), "create", "Incident/checkout").request.body

    assert created["severity_id"] == before


def test_the_members_of_a_list_have_no_order(world: World) -> None:
    """People chose the same services in another order: nothing changed."""
    world.write(INCIDENT % ", custom_fields: {Affected services: [Checkout, Payments, Search]}")
    world.settle()
    one = world.incidents()[0]
    field = world.listed("/v2/custom_fields", "custom_fields")["Affected services"]["id"]
    values = [{"value_catalog_entry_id": name} for name in ("search", "checkout", "payments")]
    world.edit(one["id"], custom_field_entries=[{"custom_field_id": field, "values": values}])

    told.assert_quiet(world)


def test_incidents_of_one_name_in_different_modes_are_different(world: World) -> None:
    """An exercise may be called like the real one: neither is taken for the other, with or without the state."""
    other = (INCIDENT % "").replace("name: checkout", "name: rehearsal").replace("mode: test", "mode: retrospective")
    world.write(INCIDENT % "" + "---" + other)
    world.settle()
    world.lose_state()

    world.settle()

    assert len(world.incidents()) == 2
    told.assert_quiet(world)
