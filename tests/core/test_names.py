"""Names that move from one object to another, and names that are taken before they are free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import Key
from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

SEVERITIES = ("Mild", "Bad", "Grave", "Fatal")


def severities(names: Mapping[str, tuple[str, int]]) -> str:
    """Return manifests of severities: by identity, what each is called and its rank."""
    return "---\n".join(
        f"kind: Severity\nmetadata: {{name: {key}}}\nspec: {{name: {name}, description: Kept, rank: {rank}}}\n"
        for key, (name, rank) in names.items()
    )


def live(world: World) -> dict[str, tuple[str, int]]:
    """Return what each managed severity is called, and its rank, by identity."""
    by_id = {one["id"]: one for one in world.ask("GET", "/v1/severities")["severities"]}
    records = {key: record for key, record in world.memory.state.records.items() if key.kind == "Severity"}
    return {key.name: (by_id[one.id]["name"], by_id[one.id]["rank"]) for key, one in records.items()}


def test_two_names_are_swapped_in_one_plan(world: World) -> None:
    """One steps aside to a name that is free; each object stays what it is."""
    world.write(severities({"a": ("Bad", 50), "b": ("Grave", 60)}))
    world.settle()
    world.write(severities({"a": ("Grave", 50), "b": ("Bad", 60)}))

    plan = world.plan()

    aside = [change for change in plan.changes if getattr(change, "makes_room", False)]
    assert len(aside) == 1
    assert len(plan.changes) == 3
    assert aside[0].request.body["name"] in {"Bad (1)", "Grave (1)"}  # type: ignore[union-attr]
    world.settle()
    assert live(world) == {"a": ("Grave", 50), "b": ("Bad", 60)}
    told.assert_quiet(world)


def test_a_create_waits_for_the_name_that_another_leaves(world: World) -> None:
    """Whatever the order in the file; and an incident means the one that will be called so."""
    world.write(severities({"z": ("Grave", 50)}))
    world.settle()
    incident = "---\nkind: Incident\nmetadata: {name: x}\nspec: {name: X, mode: test, severity: Grave}\n"
    world.write(severities({"a": ("Grave", 60), "z": ("Graver", 50)}) + incident)

    plan = world.plan()

    assert told.steps(plan) == ["edit Severity/z", "create Severity/a", "create Incident/x"]
    world.settle()
    assert live(world) == {"a": ("Grave", 60), "z": ("Graver", 50)}
    new = world.memory.state.records[Key("Severity", "a")].id
    assert world.incidents()[0]["severity"]["id"] == new
    told.assert_quiet(world)


def test_a_name_and_a_rank_that_wait_crosswise_step_aside_once(world: World) -> None:
    """One waits for the other's name, the other for the one's rank: no circle in either field, but one in both."""
    world.write(severities({"a": ("Bad", 50), "b": ("Grave", 60)}))
    world.settle()
    world.write(severities({"a": ("Grave", 70), "b": ("Graver", 50)}))

    plan = world.plan()

    assert len([change for change in plan.changes if getattr(change, "makes_room", False)]) == 1
    world.settle()
    assert live(world) == {"a": ("Grave", 70), "b": ("Graver", 50)}
    told.assert_quiet(world)


def test_a_swap_that_died_half_way_is_finished(world: World) -> None:
    """What stands aside moves on with the next run."""
    world.write(severities({"a": ("Bad", 50), "b": ("Grave", 60)}))
    world.settle()
    world.write(severities({"a": ("Grave", 50), "b": ("Bad", 60)}))
    world.apply(["drop-before:2-:write"])

    world.settle()

    assert live(world) == {"a": ("Grave", 50), "b": ("Bad", 60)}
    told.assert_quiet(world)


@settings(deadline=None, max_examples=12)
@given(st.permutations(SEVERITIES), st.permutations((50, 60, 70, 80)))
def test_any_permutation_of_names_and_ranks_converges(
    tmp_path_factory: pytest.TempPathFactory, names: Sequence[str], ranks: Sequence[int]
) -> None:
    """Whoever takes whose name and whose rank: one run, no collision, and nothing left to do."""
    world = World(tmp_path_factory.mktemp("world"))
    keys = ("a", "b", "c", "d")
    world.write(severities(dict(zip(keys, zip(SEVERITIES, (50, 60, 70, 80), strict=True), strict=True))))
    world.settle()
    wanted = dict(zip(keys, zip(names, ranks, strict=True), strict=True))
    world.write(severities(wanted))

    world.settle()

    assert live(world) == wanted
    told.assert_quiet(world)
