"""`metadata.was`: a resource that has another name by now is the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import reconcile
from reconciler.errors import Invalid
from reconciler.identity import idempotency_key
from reconciler.model import Key, Topic, Unknown, Why
from tests.core import told
from tests.core.test_identity import manifest
from tests.world import ACME, BASE_URL

if TYPE_CHECKING:
    from tests.world import World

NEW = Key("Incident", "payments")
SPEC = "updates: [{id: first, message: Hello}, {id: second, message: Still here}]"
MORE = "updates: [{id: first, message: Hello}, {id: second, message: Still here}, {id: third, message: Over}]"
MARKED = (
    "kind: CustomField\nmetadata: {name: marker}\n"
    "spec: {name: Reconciler key, description: Whose it is, type: text}\n---\n"
)


SEVERITY = "kind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: Bad}\n"
OTHER = manifest("was: checkout").replace("name: checkout", "name: third").replace("slow", "x")


def renamed(hint: str = "was: checkout", spec: str = SPEC) -> str:
    """Return the manifest under its new name."""
    return manifest(hint, spec).replace("name: checkout", "name: payments")


@pytest.fixture
def known(world: World) -> World:
    """Give a world where an incident was declared under its old name."""
    world.write(manifest(spec=SPEC))
    world.settle()
    return world


def test_a_renamed_incident_is_the_same_one(known: World) -> None:
    """The plan says what it was; its record and its updates go with it, and nothing is declared or posted."""
    known.write(renamed())

    plan = known.plan()

    assert told.steps(plan) == []
    assert told.notices(plan, Topic.RENAMED) == ["was Incident/checkout"]
    known.settle()
    assert {str(key.parent) for key in known.memory.state.records} == {"Incident/payments"}
    assert len(known.incidents()) == 1


def test_the_hint_may_stay_or_go(known: World) -> None:
    """Once it was followed, it says nothing more."""
    known.write(renamed())
    known.settle()

    told.assert_quiet(known)
    known.write(renamed(hint=""))
    told.assert_quiet(known)


def test_what_is_added_after_a_rename_is_posted_once(known: World) -> None:
    """Also where the answer is lost, and the hint is taken out before the next run."""
    known.write(renamed(spec=MORE))
    known.apply(["drop-after:1-:write:/v2/incident_updates"])
    known.write(renamed(hint="", spec=MORE))
    known.settle()

    assert known.updates(known.incidents()[0]["id"]) == ["Hello", "Still here", "Over"]


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("fault", ["drop-before:1-:write", "drop-after:1-:write", "drop-after:2-:write"])
def test_what_was_under_way_under_the_old_name_is_finished(world: World, idempotency: str, fault: str) -> None:
    """A create that was never answered is asked for again with its old key and body: there is one incident."""
    world.idempotency = idempotency
    world.write(manifest(spec=SPEC))
    world.apply([fault])
    world.write(renamed())
    world.settle()

    (one,) = world.incidents()
    assert world.updates(one["id"]) == ["Hello", "Still here"]
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_renamed_incident_is_found_without_state(world: World, idempotency: str) -> None:
    """The key under its old name, or its looks, find it; its children keep the keys of the old name."""
    world.idempotency = idempotency
    world.write(manifest(spec=SPEC))
    world.settle()
    world.lose_state()
    world.write(renamed(spec=MORE))
    world.settle()

    (one,) = world.incidents()
    assert world.updates(one["id"]) == ["Hello", "Still here", "Over"]
    assert world.memory.state.records[NEW].idempotency_key == idempotency_key("default", Key("Incident", "checkout"))
    told.assert_quiet(world)


def test_one_that_is_remembered_without_a_key_has_the_key_of_its_old_name(world: World) -> None:
    """Named by its ID, or imported: the hint tells what its children are called, as it does without any record."""
    world.write(manifest(spec=SPEC))
    world.settle()
    world.lose_state()
    world.write(renamed("id: INC-1"))
    world.settle()

    world.write(renamed("id: INC-1, was: checkout", MORE))
    world.settle()

    assert len(world.incidents()) == 1
    third = idempotency_key("default", Key("Incident", "checkout", ("update", "third")))
    assert third in {one["idempotency_key"] for one in world.requests()}


def test_another_generation_of_a_renamed_one_has_one_key_whatever_is_remembered(world: World) -> None:
    """That of the name in the hint: asked for again without state, the API answers with the same incident."""
    world.write(manifest())
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Closed"))
    world.write(renamed("was: checkout, generation: '2'", ""))
    world.settle()

    assert world.memory.state.records[NEW].idempotency_key == idempotency_key(
        "default", Key("Incident", "checkout"), "2"
    )


def test_the_old_names_marker_finds_what_people_renamed(world: World) -> None:
    """It is what finds it; from then on it carries the key of its new name."""
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED + manifest(spec=SPEC))
    world.settle()
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    world.lose_state()
    world.write(MARKED + renamed())

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/payments").how == "marker"
    world.settle()
    assert len(world.incidents()) == 1
    told.assert_quiet(world)


def test_without_the_hint_the_plan_names_it(world: World) -> None:
    """A marker of another name of this workspace tells which one: ambiguous, with the line to write."""
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED + manifest(spec=SPEC))
    world.settle()
    world.lose_state()
    world.write(MARKED + renamed(hint=""))

    refusal = told.refusal(world.plan())

    assert refusal.message == "INC-1 carries the key of Incident/checkout"
    assert "renamed? write `was: checkout` below `metadata:`" in refusal.hint


def test_a_hint_that_leads_nowhere_is_a_problem(world: World) -> None:
    """Never a create: that manifest is refused at its line, and all others go on."""
    world.write(renamed() + "---" + manifest().replace("name: checkout", "name: other").replace("slow", "broken"))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert (refusal.why, refusal.key, refusal.source.line) == (Why.AMBIGUOUS, NEW, 3)
    assert refusal.message == (
        "`was: checkout` leads nowhere: neither Incident/checkout nor Incident/payments is managed, "
        "and none in the account is it"
    )
    assert refusal.hint == "correct it, name the object with `id:`, or take it out to create another one"
    assert told.steps(plan) == ["create Incident/other"]


def test_what_a_mistyped_hint_may_mean_is_neither_closed_nor_forgotten(known: World) -> None:
    """With `--prune`: the incident under its old name is the very one that the hint was to name."""
    known.write(manifest(spec=SPEC + ", on_remove: close"))
    known.settle()
    known.edit(known.incidents()[0]["id"], name="Named by people")
    known.write(renamed("was: chekout"))

    plan = known.plan(prune=True)

    assert plan.is_empty
    assert [str(one.key) for one in plan.refusals] == ["Incident/payments", "Incident/checkout"]
    assert "Incident/payments, which is declared, would be INC-1" in plan.refusals[1].message


def test_what_needs_a_severity_whose_hint_leads_nowhere_waits_for_it(world: World) -> None:
    """The incident that names it is left out with it, and says where to look."""
    severity = "kind: Severity\nmetadata: {name: new, was: old}\nspec: {name: Grave, description: Bad}\n"
    world.write(severity + "---" + manifest().replace("severity: Minor", "severity: Grave"))

    plan = world.plan()

    assert plan.is_empty
    assert [str(one.key) for one in plan.refusals] == ["Severity/new", "Incident/checkout"]
    assert plan.refusals[1].hint == "do what is said of Severity/new first"


CHAIN = "was: [checkout, payments]"
THIRD = Key("Incident", "third")


def third(hint: str = CHAIN, spec: str = MORE) -> str:
    """Return the manifest under its third name."""
    return renamed(hint, spec).replace("name: payments", "name: third")


@pytest.mark.parametrize("between", [True, False], ids=["each applied", "at once"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_chain_of_names_survives_a_lost_state(world: World, *, between: bool, lost: bool) -> None:
    """The first name is that of its key, and of its children's; any of them may be what state knows."""
    world.write(manifest(spec=SPEC))
    world.settle()
    if between:
        world.write(renamed())
        world.settle()
    if lost:
        world.lose_state()
    world.write(third())

    world.settle()

    (one,) = world.incidents()
    assert world.updates(one["id"]) == ["Hello", "Still here", "Over"]
    first = Key("Incident", "checkout", ("update", "third"))
    assert idempotency_key("default", first) in {one["idempotency_key"] for one in world.requests()}
    assert THIRD in world.memory.state.records
    told.assert_quiet(world)


def test_a_chain_of_names_is_found_by_the_key_of_any_of_them(world: World) -> None:
    """Renamed by people, state lost, and the key that it carries is that of the name in the middle."""
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED + manifest(spec=SPEC))
    world.settle()
    world.write(MARKED + renamed())
    world.settle()
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    world.lose_state()
    world.write(MARKED + third())

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/third").how == "marker"
    world.settle()
    first = idempotency_key("acme", Key("Incident", "checkout", ("update", "third")))
    assert first in {one["idempotency_key"] for one in world.requests()}
    told.assert_quiet(world)


def test_a_chain_that_leads_nowhere_names_all_of_it(world: World) -> None:
    """Told at its line."""
    world.write(third())

    assert told.refusal(world.plan()).message.startswith(
        "`was: [checkout, payments]` leads nowhere: none of Incident/checkout, Incident/payments and Incident/third is"
    )


def test_a_name_that_comes_back_may_stand_in_its_own_chain(known: World) -> None:
    """Declared as checkout, then payments, and checkout again."""
    known.write(renamed())
    known.settle()
    known.write(manifest("was: [checkout, payments]", SPEC))
    known.settle()

    told.assert_quiet(known)
    known.lose_state()
    known.settle()
    assert len(known.incidents()) == 1


def test_a_severity_may_be_renamed_twice_over(world: World) -> None:
    """Its identity and its live name: one object, one edit."""
    severity = "kind: Severity\nmetadata: {name: %s}\nspec: {name: %s, description: Bad}\n"
    world.write(severity % ("old", "Grave"))
    world.settle()
    world.write(severity % ("new, was: old", "Graver"))

    assert told.steps(world.plan()) == ["edit Severity/new"]
    world.settle()
    told.assert_quiet(world)


def test_without_the_hint_a_renamed_severity_is_nobodys(world: World) -> None:
    """An object that a name no longer declared manages is not taken: the plan says which line to write."""
    severity = "kind: Severity\nmetadata: {name: %s}\nspec: {name: Grave, description: Bad}\n"
    world.write(severity % "old")
    world.settle()
    world.write(severity % "new")

    refusal = told.refusal(world.plan())

    assert refusal.message == "the severity `Grave` is managed by Severity/old, which these manifests do not declare"
    assert "renamed? write `was: old` below `metadata:`" in refusal.hint


def test_both_names_managed_is_a_problem(known: World) -> None:
    """Nobody can tell which of the two it is."""
    known.write(
        manifest(spec=SPEC) + "---" + manifest().replace("name: checkout", "name: payments").replace("slow", "x")
    )
    known.settle()
    known.write(renamed())

    with pytest.raises(Invalid, match="both are managed: Incident/checkout as INC-1 and Incident/payments as INC-2"):
        known.plan()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (manifest() + "---" + renamed().replace("slow", "x"), "`Incident/checkout` is declared still"),
        (
            renamed() + "---" + renamed().replace("payments", "third").replace("slow", "x"),
            "another incident was `checkout`",
        ),
        (renamed(hint="was: payments"), "that is its own name"),
        (renamed(hint="was: [payments]"), "that is its own name"),
        (manifest() + "---" + renamed(hint="was: [first, checkout]").replace("slow", "x"), "is declared still"),
        (renamed(hint="was: []"), "`was` needs at least 1 entry"),
        (renamed(hint="was: [a, a]"), "`a` stands twice in `was`"),
    ],
)
def test_hints_that_contradict_each_other_are_problems(world: World, text: str, problem: str) -> None:
    """Told by `validate` already, at their lines."""
    world.write(text)

    with pytest.raises(Invalid) as raised:
        reconcile.load(world.workspace)

    assert any(problem in one.message for one in raised.value.problems)


@pytest.mark.parametrize("title", ["", "Named by people"], ids=["as declared", "renamed by people"])
def test_a_renamed_incident_is_not_declared_twice_by_a_part_of_the_workspace(known: World, title: str) -> None:
    """With a part of the manifests, nobody can tell that the old name is gone: asked, and nothing declared."""
    if title:
        known.edit(known.incidents()[0]["id"], name=title)
    (known.folder / "manifests.yaml").unlink()
    known.write(renamed(hint=""), "new.yaml")

    plan = known.plan(select=["kind=Incident"])

    refusal = told.refusal(plan)
    assert refusal.message == "INC-1 is managed by Incident/checkout, which these manifests do not declare"
    assert "renamed? write `was: checkout` below `metadata:`; else `not: [INC-1]`" in refusal.hint
    assert plan.is_empty
    known.write(renamed(hint="not: [INC-1]"), "new.yaml")
    assert told.steps(known.plan(select=["kind=Incident"]))[0] == "create Incident/payments"


def test_a_rename_is_no_removal(known: World) -> None:
    """With `--prune`, what was renamed is neither closed nor forgotten."""
    known.write(renamed(spec=SPEC + ", on_remove: close"))
    known.settle()
    known.write(
        renamed(hint="was: payments", spec=SPEC + ", on_remove: close").replace("name: payments", "name: third")
    )

    plan = known.plan(prune=True)

    assert told.steps(plan) == []
    assert told.notices(plan, Topic.RENAMED) == ["was Incident/payments"]


def reused(title: str = "Another thing") -> str:
    """Return a new manifest that has the old name."""
    return manifest().replace("Checkout slow", title)


def test_a_name_that_was_given_up_is_not_answered_with_what_had_it(known: World) -> None:
    """Its key is that of the renamed incident: told in the plan; another generation has its own."""
    known.write(renamed())
    known.settle()
    known.write(reused() + "---" + renamed(""))

    plan = known.plan()

    refusal = told.refusal(plan)
    assert refusal.message == "its key belongs to INC-1, which is Incident/payments now"
    assert refusal.hint == "raise `metadata.generation`, or give the manifest another name"
    assert plan.is_empty
    known.write(reused().replace("name: checkout", 'name: checkout, generation: "2"') + "---" + renamed(""))
    known.settle()
    assert [one["name"] for one in known.incidents()] == ["Checkout slow", "Another thing"]
    told.assert_quiet(known)


def test_a_name_that_was_given_up_and_forgotten_is_refused_as_well(known: World) -> None:
    """A tombstone tells whose the key was."""
    known.write(renamed())
    known.settle()
    known.write(OTHER.replace("was: checkout", ""))
    prune(known)
    known.write(reused())

    refusal = told.refusal(known.plan())

    assert refusal.message == "its key belongs to INC-1, which was Incident/payments, and is forgotten"


def prune(world: World) -> None:
    """Apply, and let go of what is not declared any more."""
    with world.client() as client:
        memory = world.memory
        plan = reconcile.plan(reconcile.load(world.workspace, prune=True), client, memory)
        list(reconcile.apply(plan, client, world.store, memory=memory, base_url=BASE_URL, sleep=lambda _: None))


def test_a_rename_that_is_taken_back_says_how_to_write_it(known: World) -> None:
    """The old manifest is back, without a word: a run with `--prune` forgets nothing of the pair; `was` ends it."""
    known.write(renamed())
    known.settle()
    known.write(manifest(spec=SPEC))

    refusal = told.refusal(known.plan())
    prune(known)

    assert refusal.message == "its key belongs to INC-1, which is Incident/payments now, and not declared any more"
    assert refusal.hint.startswith("renamed back? write `was: payments` below `metadata:`; else ")
    assert NEW in known.memory.state.records
    known.write(manifest("was: payments", SPEC))
    known.settle()
    told.assert_quiet(known)
    assert len(known.incidents()) == 1


def test_what_another_resource_is_is_never_adopted_by_its_key(world: World) -> None:
    """Where state does not tell the key any more: the answer is left, and the next plan refuses to ask again."""
    world.write(manifest(spec=SPEC))
    world.settle()
    world.lose_state()
    world.write(renamed(hint="id: INC-1"))
    world.settle()
    world.write(reused() + "---" + renamed(hint=""))

    (undone,) = told.wrong(world.apply())

    assert isinstance(undone, Unknown)
    assert undone.message == "its key belongs to INC-1, which is Incident/payments now"
    assert set(world.memory.state.records) == {NEW, NEW.of("update", "first"), NEW.of("update", "second")}
    refusal = told.refusal(world.plan())
    assert refusal.message == "its key belongs to INC-1, which is Incident/payments now"
    assert not world.plan().changes


def test_an_answer_that_is_not_what_was_asked_for_is_told_in_every_plan(known: World) -> None:
    """Until a person says which it is; it is not asked for again."""
    known.edit(known.incidents()[0]["id"], name="Called otherwise")
    known.lose_state()
    (undone,) = [one for one in known.apply() if isinstance(one, Unknown)]
    seen = len(known.requests())

    plan = known.plan()

    assert "its key answers with INC-1" in undone.message
    refusal = told.refusal(plan)
    assert refusal.message.startswith("its key answers with INC-1 (Called otherwise), which is not what it asks for")
    assert "write `id: INC-1` below `metadata:`" in refusal.hint
    assert told.wrong(known.apply()) == []
    assert told.writes(known, seen) == []
    known.write(manifest("id: INC-1", SPEC))
    known.settle()
    assert len(known.incidents()) == 1


def test_a_renamed_incident_carries_the_key_of_its_new_name(world: World) -> None:
    """The plan shows why; with the hint gone, the title changed by people and state lost, it is found again."""
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED + manifest(spec=SPEC))
    world.settle()
    old, new = (idempotency_key("acme", key) for key in (Key("Incident", "checkout"), NEW))
    world.write(MARKED + renamed())
    edit = told.change(world.plan(), "edit", "Incident/payments")
    assert told.fields(edit) == {
        "custom_fields.Reconciler key": (old, new, "renamed: it carries the key of its old name")
    }
    world.settle()
    assert world.memory.state.records[NEW].idempotency_key == old
    world.write(MARKED + renamed("was: payments").replace("name: payments", "name: third"))
    world.settle()
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    world.write(MARKED + renamed("").replace("name: payments", "name: third"))
    (edit,) = world.plan().changes
    assert told.fields(edit).keys() == {"name"}
    world.lose_state()

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/third").how == "marker"
    world.settle()
    (one,) = world.incidents()
    assert world.updates(one["id"]) == ["Hello", "Still here"]


def test_what_was_forgotten_and_runs_still_is_not_declared_beside(known: World) -> None:
    """A manifest of the same looks may be the same one: asked, with the lines to choose from."""
    known.write(SEVERITY)
    with known.client() as client:
        memory = known.memory
        plan = reconcile.plan(reconcile.load(known.workspace, prune=True), client, memory)
        list(reconcile.apply(plan, client, known.store, memory=memory, base_url=BASE_URL, sleep=lambda _: None))
    known.write(renamed(hint=""))

    refusal = told.refusal(known.plan())

    assert refusal.message == "INC-1 looks the same and is not finished: it was Incident/checkout, which is forgotten"
    assert "renamed? write `was: checkout` below `metadata:`, or `id: INC-1`; if it is not it, `not: [INC-1]`" in (
        refusal.hint
    )
    known.write(renamed(hint="not: [INC-1]"))
    assert told.steps(known.plan())[0] == "create Incident/payments"
    known.write(renamed())
    assert told.steps(known.plan()) == ["adopt Incident/payments"]
    known.edit(known.incidents()[0]["id"], incident_status_id=known.status("Closed"))
    known.write(renamed(hint=""))
    assert told.steps(known.plan())[0] == "create Incident/payments"
