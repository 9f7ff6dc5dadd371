"""What comes before what: ranks that move without colliding, options in their places, references before their users."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import plan as planning
from reconciler.diff.children import sort_keys
from reconciler.model import Create, Key, Request, Source, Step, step
from tests.core import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Change
    from tests.world import World


def statuses(ranks: dict[str, int]) -> str:
    """Return manifests of statuses, each with its rank."""
    return "---\n".join(
        f"kind: IncidentStatus\nmetadata: {{name: {name.lower()}}}\n"
        f"spec: {{name: {name}, description: Kept, category: live, rank: {rank}}}\n"
        for name, rank in ranks.items()
    )


def severities(ranks: dict[str, int]) -> str:
    """Return manifests of severities, each with its rank."""
    return "---\n".join(
        f"kind: Severity\nmetadata: {{name: {name.lower()}}}\nspec: {{name: {name}, description: Kept, rank: {rank}}}\n"
        for name, rank in ranks.items()
    )


def ranks(world: World, path: str, items: str, names: Sequence[str]) -> dict[str, int]:
    """Return the live ranks of some objects."""
    listed = world.listed(path, items)
    return {name: listed[name]["rank"] for name in names}


STATUSES = ("/v1/incident_statuses", "incident_statuses", ("Investigating", "Fixing", "Monitoring"))
SEVERITIES = ("/v1/severities", "severities", ("Minor", "Major", "Critical"))


def assert_no_collision(world: World, since: int) -> None:
    """Assert that the account refused nothing."""
    assert [one for one in world.requests()[since:] if one["status"] >= 400] == []


@pytest.mark.parametrize("wanted", list(itertools.permutations((1, 2, 3))))
@pytest.mark.parametrize("kind", ["statuses", "severities"])
def test_ranks_are_exchanged_without_colliding(world: World, kind: str, wanted: tuple[int, ...]) -> None:
    """Swap two, rotate three: whatever goes where, no two objects share a rank for a moment."""
    where, write = (STATUSES, statuses) if kind == "statuses" else (SEVERITIES, severities)
    target = dict(zip(where[2], wanted, strict=True))
    world.write(write(dict.fromkeys(where[2], 0) | dict(zip(where[2], (1, 2, 3), strict=True))))
    world.settle()
    since = len(world.requests())
    world.write(write(target))

    world.settle()

    assert_no_collision(world, since)
    assert ranks(world, *where) == target
    told.assert_quiet(world)
    assert_no_write_too_many(world, since, dict(zip(where[2], (1, 2, 3), strict=True)), target)


def assert_no_write_too_many(world: World, since: int, before: dict[str, int], after: dict[str, int]) -> None:
    """Assert that no more was written than the moves need: one write each, and one more for a circle."""
    moved = [name for name in before if before[name] != after[name]]
    wrote = told.writes(world, since)
    assert len(wrote) <= len(moved) + (1 if moved else 0)


def test_ranks_shift_by_one_from_the_end(world: World) -> None:
    """To make place for a new one, the last moves first; nothing steps aside."""
    world.write(statuses({"Investigating": 1, "Fixing": 2, "Monitoring": 3}))
    world.settle()
    since = len(world.requests())
    world.write(statuses({"Verifying": 1, "Investigating": 2, "Fixing": 3, "Monitoring": 4}))

    plan = world.plan()

    assert told.steps(plan) == [
        "edit IncidentStatus/monitoring",
        "edit IncidentStatus/fixing",
        "edit IncidentStatus/investigating",
        "create IncidentStatus/verifying",
    ]
    world.settle()
    assert_no_collision(world, since)
    told.assert_quiet(world)


def test_a_circle_is_broken_by_one_step_aside(world: World) -> None:
    """The plan shows the extra move, to a rank that nobody has or wants."""
    world.write(statuses({"Investigating": 1, "Fixing": 2, "Monitoring": 3}))
    world.settle()
    world.write(statuses({"Investigating": 2, "Fixing": 1, "Monitoring": 7}))

    plan = world.plan()

    aside = [change for change in plan.changes if getattr(change, "makes_room", False)]
    assert [change.request.body["rank"] for change in aside] == [8]  # type: ignore[union-attr]
    assert len(plan.changes) == 4


def test_two_circles_step_aside_to_two_ranks(world: World) -> None:
    """Each circle needs a free rank of its own."""
    world.write(statuses({"Investigating": 1, "Fixing": 2, "Monitoring": 3, "Verifying": 4}))
    world.settle()
    since = len(world.requests())
    world.write(statuses({"Investigating": 2, "Fixing": 1, "Monitoring": 4, "Verifying": 3}))

    world.settle()

    assert_no_collision(world, since)
    assert ranks(world, *STATUSES) == {"Investigating": 2, "Fixing": 1, "Monitoring": 4}
    told.assert_quiet(world)


def test_ranks_are_distinct_within_a_category_alone(world: World) -> None:
    """A closed status may have the rank of a live one: nothing waits, nothing steps aside."""
    world.write(
        "kind: IncidentStatus\nmetadata: {name: done}\n"
        "spec: {name: Done, description: Over, category: learning, rank: 3}\n---\n" + statuses({"Fixing": 9})
    )

    plan = world.plan()

    assert all(not change.after for change in plan.changes)
    world.settle()


@pytest.mark.parametrize("boundary", range(1, 5))
def test_an_exchange_that_dies_half_way_is_finished(world: World, boundary: int) -> None:
    """Whichever write was the last, the next run goes on from there without colliding."""
    first = {"Investigating": 1, "Fixing": 2, "Monitoring": 3}
    world.write(statuses(first))
    world.settle()
    target = {"Investigating": 2, "Fixing": 3, "Monitoring": 1}
    world.write(statuses(target))
    world.apply([f"drop-after:{boundary}:write", f"drop-before:{boundary + 1}-:write"], parallelism=1)

    world.settle()

    assert ranks(world, *STATUSES) == target
    told.assert_quiet(world)


FIELD = """
kind: CustomField
metadata: {{name: radius}}
spec: {{name: {name}, description: Who feels it, type: single_select, options: [{options}]}}
"""


def options(world: World, name: str = "Blast radius") -> dict[str, int]:
    """Return the options of a field by their order, with their sort keys."""
    identifier = world.listed("/v2/custom_fields", "custom_fields")[name]["id"]
    listed = world.ask("GET", f"/v1/custom_field_options?custom_field_id={identifier}&page_size=250")
    found = sorted(listed["custom_field_options"], key=lambda one: one["sort_key"])
    return {one["value"]: one["sort_key"] for one in found}


def write_field(world: World, wanted: str, name: str = "Blast radius") -> None:
    """Declare a field with these options."""
    world.write(FIELD.format(options=wanted, name=name))


@pytest.mark.parametrize(
    ("wanted", "writes"),
    [
        ("A, B, C, D", 1),
        ("A, X, B, C", 1),
        ("X, A, B, C", 1),
        ("A, X, Y, B, C", 2),
        ("C, B, A", 2),
        ("B, C, A", 3),
        ("A, C", 0),
    ],
)
def test_options_stand_in_the_order_of_the_manifest(world: World, wanted: str, writes: int) -> None:
    """Behind, between, before, or all anew: the live order is the declared one, with no write too many."""
    write_field(world, "A, B, C")
    world.settle()
    since = len(world.requests())
    write_field(world, wanted)

    world.settle()

    live = list(options(world))
    assert [one for one in live if one in wanted.split(", ")] == wanted.split(", ")
    assert len(told.writes(world, since)) == writes
    told.assert_quiet(world)
    world.lose_state()
    told.assert_quiet(world)


def test_options_that_nobody_declares_are_left_alone(world: World) -> None:
    """People may add their own; they stay, wherever they are."""
    write_field(world, "A, B")
    world.settle()
    identifier = world.listed("/v2/custom_fields", "custom_fields")["Blast radius"]["id"]
    world.ask("POST", "/v1/custom_field_options", {"custom_field_id": identifier, "value": "Theirs", "sort_key": 15})

    told.assert_quiet(world)
    write_field(world, "B, A")
    world.settle()
    assert options(world)["Theirs"] == 15


def test_an_option_that_people_deleted_is_made_again(world: World) -> None:
    """The field must have it."""
    write_field(world, "A, B")
    world.settle()
    identifier = world.listed("/v2/custom_fields", "custom_fields")["Blast radius"]["id"]
    listed = world.ask("GET", f"/v1/custom_field_options?custom_field_id={identifier}&page_size=250")
    world.ask("DELETE", f"/v1/custom_field_options/{listed['custom_field_options'][0]['id']}")

    world.settle()

    assert list(options(world)) == ["A", "B"]
    told.assert_quiet(world)


def test_a_field_is_renamed_with_its_options(world: World) -> None:
    """Under its new name it is the same field: options are ordered, added and chosen in the same run."""
    write_field(world, "A, B")
    world.settle()
    write_field(world, "B, A, C", name="Radius")
    world.write(
        "kind: Incident\nmetadata: {name: one}\n"
        "spec: {name: One, mode: test, severity: Minor, custom_fields: {Radius: C}}\n---\n"
        "kind: Incident\nmetadata: {name: two}\n"
        "spec: {name: Two, mode: test, severity: Minor, custom_fields: {Radius: A}}\n",
        "incidents.yaml",
    )

    world.settle()

    assert list(options(world, "Radius")) == ["B", "A", "C"]
    assert "Blast radius" not in world.listed("/v2/custom_fields", "custom_fields")
    told.assert_quiet(world)


PARTS = {
    "severity": "kind: Severity\nmetadata: {name: sev}\nspec: {name: Grave, description: Bad}\n",
    "status": "kind: IncidentStatus\nmetadata: {name: st}\n"
    "spec: {name: Verifying, description: Watching, category: live}\n",
    "role": "kind: IncidentRole\nmetadata: {name: scribe}\n"
    "spec: {name: Scribe, shortform: scribe, description: Writes, instructions: Write}\n",
    "field": FIELD.format(name="Blast radius", options="A, B"),
    "incident": "kind: Incident\nmetadata: {name: one}\nspec: {name: One, mode: test, severity: Grave, "
    "status: Verifying, roles: {Scribe: alice@example.com}, custom_fields: {Blast radius: B}}\n",
}


@pytest.mark.parametrize("last", PARTS)
def test_what_an_incident_names_is_made_first(world: World, last: str) -> None:
    """Whatever the order of files and documents, references come before their users."""
    names = ["incident", *(name for name in PARTS if name not in {"incident", last}), last]
    for index, name in enumerate(dict.fromkeys(names)):
        world.write(PARTS[name], f"{index}-{name}.yaml")

    plan = world.plan()

    assert told.steps(plan)[-1] == "create Incident/one"
    body = told.change(plan, "create", "Incident/one").request.body
    assert str(body["severity_id"]) == "Severity/sev#id"
    world.settle()
    told.assert_quiet(world)


def create(name: str, after: Sequence[str] = ()) -> Change:
    """Return a step that makes an incident after others."""
    steps = tuple(Step("create", Key("Incident", one)) for one in after)
    return Create(Key("Incident", name), Source("a"), name, Request("POST", "/v2/incidents", {}), {}, after=steps)


@given(
    st.integers(1, 12).flatmap(
        lambda size: st.tuples(
            st.permutations(range(size)),
            st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))),
        )
    )
)
def test_every_step_comes_after_all_it_needs(drawn: tuple[list[int], set[tuple[int, int]]]) -> None:
    """Whatever needs what, in whatever order it is given, the plan's order works and holds every step once."""
    given_order, pairs = drawn
    needs = {number: [str(low) for low, high in pairs if high == number and low < high] for number in given_order}
    changes = [create(str(number), needs[number]) for number in given_order]

    ordered = planning.order(changes, {}, {})

    places = {step(change): place for place, change in enumerate(ordered)}
    assert len(places) == len(changes)
    assert all(places[before] < place for place, change in enumerate(ordered) for before in change.after)


def test_a_long_chain_does_not_recurse() -> None:
    """One incident may have thousands of steps, given from behind."""
    size = 5000
    changes = [create(str(number), [str(number - 1)]) for number in reversed(range(1, size))] + [create("0")]

    ordered = planning.order(changes, {}, {})

    assert [change.key.name for change in ordered] == [str(number) for number in range(size)]


def test_steps_that_need_each_other_are_named() -> None:
    """No manifest can say so; if a plan did, it would be told rather than begun."""
    with pytest.raises(ValueError, match="create Incident/a -> create Incident/b"):
        planning.order([create("a", ["b"]), create("b", ["a"])], {}, {})


def test_an_incident_of_hundreds_of_updates_is_posted_in_order(world: World) -> None:
    """Several hundred steps, one after the other."""
    lines = "".join(f"    - {{id: u{number}, message: Number {number}}}\n" for number in range(300))
    world.write(
        "kind: Incident\nmetadata: {name: one}\nspec:\n  name: One\n  mode: test\n  severity: Minor\n  updates:\n"
        + lines
    )

    outcomes = world.settle()

    assert len(outcomes) == 301
    listed = world.ask("GET", f"/v2/incident_updates?page_size=250&incident_id={world.incidents()[0]['id']}")
    assert listed["incident_updates"][0]["message"] in {"Number 299", "Number 0"}
    told.assert_quiet(world)


@given(st.lists(st.none() | st.integers(-5, 40), max_size=12))
def test_sort_keys_rise(keys: list[int | None]) -> None:
    """Each option gets a place behind the one before it, whatever is there."""
    placed = sort_keys(keys)

    assert len(placed) == len(keys)
    assert all(one < other for one, other in itertools.pairwise(placed))


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8, unique=True), st.data())
def test_sort_keys_that_leave_room_stay(there: list[int], data: st.DataObject) -> None:
    """Options that are in order keep their keys when a new one comes between two that leave room, or behind."""
    keys: list[int | None] = [10 * key for key in sorted(there)]
    at = data.draw(st.integers(0, len(keys)))

    placed = sort_keys([*keys[:at], None, *keys[at:]])

    assert [*placed[:at], *placed[at + 1 :]] == keys
