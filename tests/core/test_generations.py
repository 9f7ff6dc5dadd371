"""A name that is declared anew: what it was before stays known, and is never touched by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import reconcile
from reconciler.errors import Invalid
from reconciler.identity import idempotency_key
from reconciler.model import Key, Topic, Why
from tests.core import told
from tests.core.test_identity import declared, manifest
from tests.core.test_renames import prune

if TYPE_CHECKING:
    from tests.world import World

CHECKOUT = Key("Incident", "checkout")
LIVE = "status: Investigating"
UPDATES = "updates: [{id: first, message: Hello}]"


def close(world: World, index: int = 0) -> None:
    """Let a person close an incident."""
    world.edit(world.incidents()[index]["id"], incident_status_id=world.status("Closed"))


@pytest.fixture
def second(world: World) -> World:
    """Give a world where an incident was closed and declared anew."""
    world.write(manifest(spec=UPDATES))
    world.settle()
    close(world)
    world.write(manifest('generation: "2"', UPDATES))
    world.settle()
    return world


def test_what_is_not_finished_is_not_declared_anew(world: World) -> None:
    """Raising the generation of a running incident is refused at its line, with what it is and the ways on."""
    world.write(manifest(spec=UPDATES))
    world.settle()
    world.write(manifest('generation: "2"', UPDATES))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.IMPOSSIBLE
    assert (refusal.source.line, refusal.source.column) == (3, 40)
    assert refusal.message == "its earlier generation is INC-1, which is not finished: Investigating"
    assert "close that one first, or put the earlier `generation:` back" in refusal.hint
    assert plan.is_empty


OTHER = "---\nkind: Incident\nmetadata: {name: keep}\nspec: {name: Kept, mode: test, severity: Minor}\n"


@pytest.fixture
def left(world: World) -> World:
    """Give a world where an incident runs, and was forgotten."""
    world.write(manifest(spec=UPDATES))
    world.settle()
    world.write(OTHER.removeprefix("---\n"))
    prune(world)
    return world


def test_what_was_forgotten_and_is_not_finished_is_not_declared_anew(left: World) -> None:
    """Its manifest is back with a raised generation: refused at its line, with the two ways on."""
    left.write(manifest('generation: "2"', UPDATES) + OTHER)

    plan = left.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.IMPOSSIBLE
    assert (refusal.source.line, refusal.source.column) == (3, 40)
    assert refusal.message == "its earlier generation is INC-1, which is not finished: Investigating, and forgotten"
    assert refusal.hint == (
        '`generation: "1"` adopts that one again; `not: [INC-1]` below `metadata:` declares another one beside it'
    )
    assert plan.is_empty


@pytest.mark.parametrize(
    ("typed", "updates"),
    [('generation: "1"', [["Hello"], []]), ('generation: "2", not: [INC-1]', [["Hello"], [], ["Hello"]])],
)
def test_what_is_said_of_one_that_was_forgotten_can_be_typed(left: World, typed: str, updates: list[list[str]]) -> None:
    """It is managed again, or left as it is beside a new one."""
    left.write(manifest(typed, UPDATES) + OTHER)

    left.settle()

    assert [left.updates(one["id"]) for one in left.incidents()] == updates
    told.assert_quiet(left)


def test_what_was_forgotten_and_is_finished_is_declared_anew(left: World) -> None:
    """As what is managed is."""
    close(left)
    left.write(manifest('generation: "2"', UPDATES) + OTHER)

    assert told.steps(left.plan()) == ["create Incident/checkout", "post Incident/checkout/update/first"]


def test_what_was_forgotten_and_is_out_of_sight_is_left_to_a_person(left: World) -> None:
    """Whether it is finished cannot be told."""
    path = left.workspace.state
    path.write_text(path.read_text().replace(left.incidents()[0]["id"], "01GONE"))
    left.write(manifest('generation: "2"', UPDATES) + OTHER)

    refusal = told.refusal(left.plan())

    assert refusal.why is Why.OUT_OF_SIGHT
    assert "`reconciler state rm Incident/checkout`" in refusal.hint


@pytest.mark.parametrize("status", ["Documenting", "Closed", "Canceled"])
def test_what_is_finished_in_any_way_is_declared_anew(world: World, status: str) -> None:
    """Post-incident, closed and canceled are finished; paused is not."""
    world.write(manifest())
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status(status))
    world.write(manifest('generation: "2"'))

    assert told.steps(world.plan()) == ["create Incident/checkout"]


def test_an_earlier_generation_that_is_out_of_sight_is_left_to_a_person(world: World) -> None:
    """Whether it is finished cannot be told."""
    world.write(manifest())
    world.settle()
    path = world.workspace.state
    path.write_text(path.read_text().replace(world.incidents()[0]["id"], "01GONE"))
    world.write(manifest('generation: "2"'))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.OUT_OF_SIGHT
    assert "`reconciler state rm Incident/checkout`" in refusal.hint


def test_the_old_record_stays_as_a_tombstone(second: World) -> None:
    """With its ID, its reference, its generation and its updates."""
    (stone,) = second.memory.state.tombstones[CHECKOUT]

    assert (stone.reference, stone.generation) == ("INC-1", "1")
    assert stone.id == second.incidents()[0]["id"]
    assert [str(key) for key in stone.children] == ["Incident/checkout/update/first"]
    assert second.memory.state.records[CHECKOUT].reference == "INC-2"


def test_an_earlier_generation_is_nobodys_look_alike(second: World) -> None:
    """Its ID stays managed: another manifest of the same looks declares its own."""
    second.write(
        manifest('generation: "2"', UPDATES).replace("Checkout slow", "Called otherwise")
        + "---"
        + manifest().replace("name: checkout", "name: other")
    )

    assert told.steps(second.plan()) == ["edit Incident/checkout", "create Incident/other"]


def test_lowering_a_generation_finds_the_old_one_again(second: World) -> None:
    """It is shown as adopted, its updates are not posted again, and the newer one becomes the tombstone."""
    second.write(manifest(spec=UPDATES))

    plan = second.plan()

    assert told.steps(plan) == ["adopt Incident/checkout"]
    assert told.change(plan, "adopt", "Incident/checkout").live.reference == "INC-1"
    second.settle()
    assert [second.updates(one["id"]) for one in second.incidents()] == [["Hello"], ["Hello"]]
    assert second.memory.state.records[CHECKOUT].reference == "INC-1"
    assert [one.reference for one in second.memory.state.tombstones[CHECKOUT]] == ["INC-2"]
    assert told.steps(second.plan()) == []


def test_raising_and_lowering_again_makes_nothing_new(second: World) -> None:
    """Each generation is one incident, however often one goes back and forth."""
    close(second, 1)
    for generation in ("1", "2", "1"):
        second.write(manifest(f'generation: "{generation}"', UPDATES))
        second.settle()

    assert [one["reference"] for one in second.incidents()] == ["INC-1", "INC-2"]


def test_without_state_what_is_finished_may_be_an_earlier_generation(world: World) -> None:
    """A finished look-alike is not silently adopted: a person must say."""
    world.write(manifest())
    world.settle()
    close(world)
    world.lose_state()
    world.write(manifest('generation: "2"'))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.AMBIGUOUS
    assert "may be an earlier generation: INC-1" in refusal.message
    assert "`id: INC-1`" in refusal.hint
    assert "`not: [INC-1]`" in refusal.hint
    world.write(manifest('generation: "2", not: [INC-1]'))
    world.settle()
    assert [one["reference"] for one in world.incidents()] == ["INC-1", "INC-2"]
    told.assert_quiet(world)


def test_without_state_what_runs_may_be_an_earlier_generation(world: World) -> None:
    """No key can be asked after without declaring something: its looks are gone by, and the plan says so."""
    world.write(manifest())
    world.settle()
    world.lose_state()
    world.write(manifest('generation: "2"'))

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/checkout"]
    (notice,) = [one for one in plan.notices if one.topic is Topic.WARNING]
    assert notice.message == (
        "INC-1 looks the same and is not finished: nothing tells whether it is this generation or one before"
    )
    assert "put that `generation:` back until it is finished" in notice.hint
    world.settle()
    told.assert_quiet(world)


def test_without_state_the_first_generation_is_adopted_finished_or_not(world: World) -> None:
    """There was none before it."""
    world.write(manifest())
    world.settle()
    close(world)
    world.lose_state()

    assert told.steps(world.plan()) == ["adopt Incident/checkout"]


def test_a_tombstone_in_the_journal_alone_counts(second: World) -> None:
    """A run that died before it wrote the state has lost nothing of it."""
    close(second, 1)
    second.write(manifest('generation: "3"', UPDATES))
    second.apply(["drop-before:2-:write"])

    assert [one.generation for one in second.memory.state.tombstones[CHECKOUT]] == ["1", "2"]
    second.settle()
    assert [second.updates(one["id"]) for one in second.incidents()] == [["Hello"]] * 3


def test_the_key_of_each_generation_is_its_own(second: World) -> None:
    """So the API never takes one for the other."""
    keys = [
        second.memory.state.tombstones[CHECKOUT][0].record.idempotency_key,
        second.memory.state.records[CHECKOUT].idempotency_key,
    ]

    assert keys == [idempotency_key("default", CHECKOUT, "1"), idempotency_key("default", CHECKOUT, "2")]


def test_a_generation_with_zeros_before_it_is_a_problem(world: World) -> None:
    """It would be another incident than the number without them: told at its line, with what to write."""
    world.write(manifest('generation: "01"'))

    with pytest.raises(Invalid) as raised:
        reconcile.load(world.workspace)

    (problem,) = raised.value.problems
    assert problem.source.line == 3
    assert problem.hint == 'write "1"'


def test_what_a_resource_was_until_now_is_told_where_another_takes_its_place(world: World) -> None:
    """An `id:` of another incident: the one that is managed is left alone, and not without a word."""
    body = {"visibility": "public", "mode": "test", "name": "Theirs", "severity_id": world.severity("Minor")}
    world.write(manifest())
    world.settle()
    world.ask("POST", "/v2/incidents", {**body, "idempotency_key": "theirs"}, person="bob@example.com")
    world.write(manifest("id: INC-2"))

    told_of = [one for one in world.plan().notices if one.topic is Topic.WARNING]

    assert [one.message for one in told_of] == [
        "it was INC-1 until now, which is left as it is and managed by nobody from here on"
    ]
    assert told_of[0].hint == "if it is not INC-2, put its `id:` or `generation:` back"


def test_one_that_is_named_by_its_id_is_not_another_generation_of_itself(world: World) -> None:
    """Told at the place; what ends it says to take `id:` out, and typed, that declares it anew."""
    world.write(manifest(spec=LIVE))
    world.settle()
    close(world)
    world.write(manifest("id: INC-1", LIVE))
    (finished,) = [one for one in world.plan().notices if one.topic is Topic.FINISHED]
    assert finished.hint.endswith("or take `id:` out and raise `metadata.generation` to declare it anew")
    world.write(manifest('id: INC-1, generation: "2"', LIVE))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert (refusal.why, refusal.source.line, refusal.source.column) == (Why.IMPOSSIBLE, 3, 32)
    assert refusal.message == "`id:` names INC-1, which is generation 1 of it"
    assert refusal.hint == 'take `id:` out to declare it anew, or write `generation: "1"`'
    assert plan.is_empty
    world.write(manifest('id: INC-1, generation: "1"', LIVE))
    assert not world.plan().refusals
    world.write(manifest('generation: "2"', LIVE))
    world.settle()
    assert len(world.incidents()) == 2
    told.assert_quiet(world)


@pytest.mark.parametrize("is_known", [True, False])
def test_one_that_people_declared_may_be_any_generation(world: World, *, is_known: bool) -> None:
    """Adopted by its ID with a generation from the start, it is that one, with its state and without."""
    declared(world, 1, person="bob@example.com")
    world.write(manifest('id: INC-1, generation: "2"'))
    world.settle()
    if not is_known:
        world.lose_state()
        world.settle()

    told.assert_quiet(world)
    assert len(world.incidents()) == 1
