"""`identity_field`: each incident carries its key, and nobody else's is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler import drift, reconcile
from reconciler.errors import Invalid
from reconciler.identity import idempotency_key
from reconciler.model import Cause, Done, Fate, Key, Skipped, Topic, Why
from tests.core import told
from tests.core.test_identity import manifest
from tests.world import ACME, BASE_URL, World

if TYPE_CHECKING:
    from pathlib import Path

CHECKOUT = Key("Incident", "checkout")
FIELD = (
    "kind: CustomField\nmetadata: {name: marker}\n"
    "spec: {name: Reconciler key, description: Whose it is, type: text}\n---\n"
)
ON = "identity_field: Reconciler key"
THIRD = idempotency_key("acme", Key("Incident", "third"))


@pytest.fixture
def marking(world: World) -> World:
    """Give a workspace whose incidents carry their keys; the field is declared and there."""
    world.write_raw(ACME % ON, "reconciler.yaml")
    world.write(FIELD.removesuffix("---\n"), "field.yaml")
    world.settle()
    return world


def carried(world: World, index: int = 0) -> Any:
    """Return what an incident carries in the field."""
    for one in world.incidents()[index]["custom_field_entries"]:
        if one["custom_field"]["name"] == "Reconciler key" and one["values"]:
            return one["values"][0]["value_text"]
    return None


def carry(world: World, text: str, index: int = 0) -> None:
    """Let a person write into the field."""
    field = world.listed("/v2/custom_fields", "custom_fields")["Reconciler key"]["id"]
    entry = {"custom_field_id": field, "values": [{"value_text": text}] if text else []}
    world.edit(world.incidents()[index]["id"], custom_field_entries=[entry])


def test_a_field_that_is_not_there_is_told_with_what_to_declare(world: World) -> None:
    """At its line, before anything is written."""
    world.write_raw(ACME % ON, "reconciler.yaml")
    world.write(manifest())

    with pytest.raises(Invalid) as raised:
        world.plan()

    (problem,) = raised.value.problems
    assert (problem.source.line, problem.source.column) == (4, 24)
    assert "no manifest declares it" in problem.message
    assert "spec: {name: Reconciler key, description: The key of the incident, type: text}" in problem.hint


def test_a_managed_incident_gets_its_key(world: World) -> None:
    """An incident declared before there was a marker is given it by an edit that the plan shows."""
    world.write(manifest(), "incident.yaml")
    world.write_raw(ACME % "adopt: matching", "reconciler.yaml")
    world.settle()
    world.write_raw(ACME % ON, "reconciler.yaml")
    world.write(FIELD.removesuffix("---\n"), "field.yaml")

    plan = world.plan()

    key = idempotency_key("acme", CHECKOUT)
    assert told.fields(told.change(plan, "edit", "Incident/checkout")) == {
        "custom_fields.Reconciler key": (None, key, "carries no key yet")
    }
    world.settle()
    assert carried(world) == key
    told.assert_quiet(world)


@pytest.mark.parametrize(("status", "is_marked"), [("Documenting", True), ("Closed", False), ("Paused", False)])
def test_what_is_over_is_left_alone(marking: World, status: str, *, is_marked: bool) -> None:
    """Closed and paused incidents are not edited for it, and nobody is told again and again."""
    marking.write(manifest())
    marking.settle()
    carry(marking, "")
    marking.edit(marking.incidents()[0]["id"], incident_status_id=marking.status(status))

    marking.settle()

    assert (carried(marking) is not None) == is_marked
    assert marking.plan().is_empty
    assert not marking.plan().notices or status == "Closed"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("somebody-else", "a key that is not of this workspace: somebody-else"),
        (THIRD, "the key of Incident/third"),
    ],
)
def test_a_key_of_another_is_never_overwritten(marking: World, text: str, whose: str, *, known: bool) -> None:
    """Ambiguous, with the lines to choose from; the rest goes on."""
    marking.write(manifest(spec="summary: Old"))
    marking.settle()
    carry(marking, text)
    marking.write(manifest(spec="summary: New"))
    if not known:
        marking.lose_state()

    plan = marking.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.AMBIGUOUS
    assert refusal.message == f"INC-1 carries {whose}"
    assert ("`not: [INC-1]`, and `reconciler state rm Incident/checkout`" in refusal.hint) == known
    marking.apply()
    assert carried(marking) == text
    if text == THIRD and not known:
        assert "to take it all the same, empty its `Reconciler key` in incident.io" in refusal.hint
        carry(marking, "")
    else:
        assert "write `id: INC-1` below `metadata:` to give it its own key" in refusal.hint
    marking.write(manifest("id: INC-1", "summary: New"))
    marking.settle()
    assert carried(marking) == idempotency_key("acme", CHECKOUT)
    told.assert_quiet(marking)


def test_an_id_that_leads_to_another_manifests_incident_is_refused(marking: World) -> None:
    """At its place, with whose it is: a number is easily mistyped, and state tells nobody's any more."""
    other = manifest().replace("name: checkout", "name: other").replace("slow", "broken")
    marking.write(f"{manifest()}---{other}")
    marking.apply(parallelism=1)
    marking.lose_state()
    marking.write(f"{manifest('id: INC-2')}---{other}")

    plan = marking.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.AMBIGUOUS
    assert (refusal.key, refusal.source.line, refusal.source.column) == (CHECKOUT, 3, 32)
    assert refusal.message == "INC-2 carries the key of Incident/other"
    assert refusal.hint == "correct `id:`; to take it all the same, empty its `Reconciler key` in incident.io"
    assert told.steps(plan) == ["adopt Incident/other"]
    marking.write(f"{manifest('id: INC-1')}---{other}")
    marking.settle()
    told.assert_quiet(marking)


def test_an_id_that_is_left_over_from_another_generation_is_refused(marking: World) -> None:
    """At its place: it would let what was declared before pass for what is declared anew."""
    marking.write(manifest())
    marking.settle()
    marking.write(manifest('id: INC-1, generation: "2"'))
    known = told.refusal(marking.plan())
    marking.lose_state()

    refusal = told.refusal(marking.plan())

    assert (refusal.source.line, refusal.source.column) == (3, 32)
    assert refusal.message == "INC-1 carries the key of generation 1 of Incident/checkout"
    assert refusal.hint == 'take `id:` out, or put `generation: "1"` back'
    assert known.message == "`id:` names INC-1, which is generation 1 of it"
    assert known.source == refusal.source


def test_people_who_clear_it_see_it_come_back(marking: World) -> None:
    """Also where custom fields are left to people otherwise."""
    marking.write_raw(ACME % f"{ON}, drift: {{Incident: {{custom_fields: keep}}}}", "reconciler.yaml")
    marking.write(manifest(spec="ignore_changes: [custom_fields]"))
    marking.settle()
    carry(marking, "")

    marking.settle()

    assert carried(marking) == idempotency_key("acme", CHECKOUT)


def test_an_answer_under_another_name_is_taken_where_it_carries_the_key(marking: World) -> None:
    """The key answers with an incident that people renamed meanwhile: the marker says that it is the one."""
    marking.write(manifest())
    plan, memory = marking.plan(), marking.memory
    marking.settle()
    marking.edit(marking.incidents()[0]["id"], name="Called otherwise")
    marking.workspace.state.unlink()
    marking.store.save(memory, memory.state.account)

    with marking.client() as client:
        outcomes = list(reconcile.apply(plan, client, marking.store, memory=marking.memory, base_url=BASE_URL))

    assert [type(one) for one in outcomes] == [Done]
    assert not [one for one in outcomes if isinstance(one, Skipped)]
    assert len(marking.incidents()) == 1
    assert told.fields(told.change(marking.plan(), "edit", "Incident/checkout")).keys() == {"name"}


def test_the_plan_says_by_what_incidents_are_found(marking: World) -> None:
    """With a marker whatever happens; without, as long as the key or the name is known."""
    marking.write(manifest())

    assert marking.plan().identity_field == "Reconciler key"
    marking.write_raw(ACME % "adopt: matching", "reconciler.yaml")
    assert marking.plan().identity_field == ""
    marking.write("kind: Severity\nmetadata: {name: x}\nspec: {name: Grave, description: Bad}\n")
    assert marking.plan().identity_field is None


def test_people_who_rename_the_field_see_its_name_come_back(marking: World) -> None:
    """It is the one that its manifest declares, whatever it is called: shown as drift, and its name is put back."""
    marking.write(manifest())
    marking.settle()
    field = marking.listed("/v2/custom_fields", "custom_fields")["Reconciler key"]["id"]
    marking.ask("PUT", f"/v2/custom_fields/{field}", {"name": "Called otherwise", "description": "Whose it is"})

    plan = marking.plan()

    assert told.steps(plan) == ["edit CustomField/marker"]
    assert [(str(one.key), one.name) for one in plan.drifted] == [("CustomField/marker", "name")]
    marking.settle()
    assert carried(marking) == idempotency_key("acme", CHECKOUT)
    told.assert_quiet(marking)


def test_a_key_that_people_cleared_is_told_as_drift(marking: World) -> None:
    """With true words, and who did it."""
    marking.write(manifest())
    marking.settle()
    carry(marking, "")

    plan = marking.plan()

    key = idempotency_key("acme", CHECKOUT)
    assert told.fields(told.change(plan, "edit", "Incident/checkout")) == {
        "custom_fields.Reconciler key": (None, key, "its key was changed outside")
    }
    (drifted,) = drift.of(plan, marking.memory).fields
    assert (drifted.name, drifted.fate) == ("custom_fields.Reconciler key", Fate.OVERWRITTEN)


@pytest.mark.parametrize("status", ["", "Closed"])
def test_a_key_that_people_overwrote_is_told_as_drift(marking: World, status: str) -> None:
    """With who did it, beside all else that they did: the incident is left alone until a person says whose it is."""
    marking.write(manifest(spec="summary: Ours"))
    marking.settle()
    carry(marking, "somebody-else")
    marking.edit(marking.incidents()[0]["id"], summary="Theirs")
    if status:
        marking.edit(marking.incidents()[0]["id"], incident_status_id=marking.status(status))

    plan = marking.plan()

    report = drift.of(plan, marking.memory)
    found = {one.name: (one.left, one.live, one.cause, one.fate) for one in report.fields}
    own = idempotency_key("acme", CHECKOUT)
    assert found["custom_fields.Reconciler key"] == (own, "somebody-else", Cause.CLEARED, Fate.REFUSED)
    assert found["summary"] == ("Ours", "Theirs", Cause.DRIFT, Fate.REFUSED)
    assert {one.mover.who for one in report.fields if one.mover} == {"Bob Baker"}
    assert report.live[CHECKOUT].reference == "INC-1"
    assert told.refusal(plan).message == "INC-1 carries a key that is not of this workspace: somebody-else"
    assert plan.is_empty


def test_what_carries_its_key_and_is_called_otherwise_is_warned_of(marking: World) -> None:
    """People may have renamed it, and another workspace may have the same name."""
    marking.write(manifest())
    marking.settle()
    marking.edit(marking.incidents()[0]["id"], name="Called otherwise")
    marking.lose_state()

    (notice,) = [one for one in marking.plan().notices if one.topic is Topic.WARNING]

    assert notice.message == (
        "INC-1 carries its key and is called `Called otherwise`: people renamed it, or another workspace called `acme` "
        "declares it"
    )


@pytest.mark.parametrize("ruled_out", ["", ", not: [INC-1]"])
def test_an_earlier_generation_is_known_by_its_key(marking: World, ruled_out: str) -> None:
    """Without state as well: nothing is declared anew while it runs, and it is no look-alike once it is finished."""
    marking.write(manifest())
    marking.settle()
    marking.lose_state()
    marking.write(manifest(f'generation: "2"{ruled_out}'))

    refusal = told.refusal(marking.plan())

    assert refusal.message == "its earlier generation is INC-1, which is not finished: Investigating"
    marking.edit(marking.incidents()[0]["id"], incident_status_id=marking.status("Documenting"))
    assert told.steps(marking.plan()) == ["create Incident/checkout"]
    marking.settle()
    marking.write(manifest('generation: "3"'))
    marking.lose_state()
    refusal = told.refusal(marking.plan())
    assert refusal.message == "its earlier generation is INC-2, which is not finished: Investigating"


UPDATES = "updates: [{id: one, message: first}, {id: two, message: second, status: Fixing}]"


def rename_field(world: World, old: str, new: str) -> str:
    """Let a person call a custom field otherwise, and return its ID."""
    field = str(world.listed("/v2/custom_fields", "custom_fields")[old]["id"])
    body = {"name": new, "description": "Whose it is"}
    world.ask("PUT", f"/v2/custom_fields/{field}", body, person="bob@example.com")
    return field


@pytest.fixture
def unknown(tmp_path: Path) -> World:
    """Give a world whose API forgets keys, where people renamed the field and the incident, and the state is lost."""
    world = World(tmp_path, idempotency="forget")
    world.write_raw(ACME % ON, "reconciler.yaml")
    world.write(FIELD.removesuffix("---\n"), "field.yaml")
    world.settle()
    world.write(manifest(spec=UPDATES))
    world.settle()
    rename_field(world, "Reconciler key", "Key")
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    world.lose_state()
    return world


def test_a_key_in_a_field_that_people_renamed_is_seen(unknown: World) -> None:
    """Nothing is declared beside what carries it; the line to write gives the field its name back, and all is well."""
    plan = unknown.plan()

    refusal = told.refusal(plan)
    field = unknown.listed("/v2/custom_fields", "custom_fields")["Key"]["id"]
    assert refusal.why is Why.AMBIGUOUS
    assert refusal.message == (
        "INC-1 (Called otherwise) carries its key in the field `Key`, which is not the `identity_field`: "
        "people may have renamed that"
    )
    assert refusal.hint == (
        f"write `id: {field}` below `metadata:` of CustomField/marker; if INC-1 is not it, `not: [INC-1]`"
    )
    assert plan.awaits_field
    unknown.write(FIELD.removesuffix("---\n").replace("name: marker", f"name: marker, id: {field}"), "field.yaml")
    unknown.settle()
    assert [one["name"] for one in unknown.incidents()] == ["Checkout slow"]
    assert unknown.updates(unknown.incidents()[0]["id"]) == ["first", "second"]
    assert carried(unknown) == idempotency_key("acme", CHECKOUT)
    assert not unknown.plan().awaits_field
    told.assert_quiet(unknown)


def test_a_key_in_a_field_that_the_workspace_does_not_name_is_seen(unknown: World) -> None:
    """Also where another field has its name by now, or none is named at all: the workspace says which it is."""
    unknown.apply()
    assert "Reconciler key" in unknown.listed("/v2/custom_fields", "custom_fields")

    for named in (ON, "adopt: never"):
        unknown.write_raw(ACME % named, "reconciler.yaml")
        refusal = told.refusal(unknown.plan())
        assert refusal.message.endswith("carries its key in the field `Key`, which is not the `identity_field`")
        assert refusal.hint.startswith("write `identity_field: Key` below `spec:` in reconciler.yaml; ")
    unknown.write_raw(ACME % "identity_field: Key", "reconciler.yaml")
    unknown.settle()
    assert len(unknown.incidents()) == 1
    told.assert_quiet(unknown)


def test_a_field_that_people_renamed_and_nobody_declares_is_named_anew(unknown: World) -> None:
    """The workspace's line is told, and with the field's name of today everything is found."""
    (unknown.folder / "field.yaml").unlink()
    with pytest.raises(Invalid) as raised:
        unknown.plan()
    assert raised.value.problems[0].hint.startswith("if people renamed it, write what it is called; else declare it")

    unknown.write_raw(ACME % "identity_field: Key", "reconciler.yaml")
    unknown.settle()

    assert len(unknown.incidents()) == 1


def test_what_carries_the_key_elsewhere_may_be_ruled_out(unknown: World) -> None:
    """`not` says that it is another one."""
    unknown.write(manifest("not: [INC-1]", UPDATES))

    assert "create Incident/checkout" in told.steps(unknown.plan())


def test_what_looks_like_it_and_carries_its_key_elsewhere_is_it(unknown: World) -> None:
    """Nobody renamed it: its looks find it, and it gets its key into the field that carries keys."""
    unknown.edit(unknown.incidents()[0]["id"], name="Checkout slow")

    unknown.settle()

    assert len(unknown.incidents()) == 1
    assert carried(unknown) == idempotency_key("acme", CHECKOUT)


def test_a_plan_does_not_promise_what_a_field_that_is_not_there_would_hold(world: World) -> None:
    """While it is to be created, or its create is refused, incidents carry nothing."""
    world.write_raw(ACME % ON, "reconciler.yaml")
    world.write(FIELD + manifest())

    assert world.plan().awaits_field
    world.settle()
    assert not world.plan().awaits_field
