"""Names that move from one object to another, and names that are taken before they are free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import Invalid
from reconciler.model import Key
from tests.core import told
from tests.world import ACME, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


USES = {
    "Severity": ("{name: NAME, description: d, rank: 50}", "severity: NAME"),
    "IncidentStatus": ("{name: NAME, description: d, category: live, rank: 50}", "status: NAME"),
    "IncidentRole": ("{name: NAME, description: d, instructions: i, shortform: nm}", "roles: {NAME: bob@example.com}"),
    "CustomField": ("{name: NAME, description: d, type: text}", "custom_fields: {NAME: x}"),
}


@pytest.mark.parametrize("kind", USES)
def test_a_plan_that_takes_a_name_away_tells_who_still_uses_it(world: World, kind: str) -> None:
    """At its line, with the name to write, before anything is written; once that is written, one run does it all."""
    spec, use = USES[kind]
    named = f"kind: {kind}\nmetadata: {{name: sev0}}\nspec: {spec}\n"
    user = f"kind: Incident\nmetadata: {{name: a}}\nspec:\n  name: A\n  mode: test\n  {use}\n"
    user += "" if kind == "Severity" else "  severity: Minor\n"
    world.write(named.replace("NAME", "Catastrophe"), "sev0.yaml")
    world.write(user.replace("NAME", "Catastrophe"), "a.yaml")
    world.settle()
    world.write(named.replace("NAME", "Mega"), "sev0.yaml")

    with pytest.raises(Invalid) as raised:
        world.plan()

    (problem,) = raised.value.problems
    assert (Path(problem.source.file).name, problem.source.line) == ("a.yaml", 7)
    assert problem.message.startswith("`Catastrophe` is the ")
    assert problem.message.endswith(" that this plan renames to `Mega`")
    assert problem.hint == "write `Mega`"
    world.write(user.replace("NAME", "Mega"), "a.yaml")
    world.settle()
    told.assert_quiet(world)


def test_the_field_of_keys_is_told_as_well(world: World) -> None:
    """At the line of the workspace that still calls it as it was."""
    field = "kind: CustomField\nmetadata: {name: marker}\nspec: {name: NAME, description: d, type: text}\n"
    world.write_raw(ACME % "identity_field: Old key", "reconciler.yaml")
    world.write(field.replace("NAME", "Old key") + USER.replace("Grave", "Minor"))
    world.settle()
    world.write(field.replace("NAME", "New key") + USER.replace("Grave", "Minor"))

    with pytest.raises(Invalid) as raised:
        world.plan()

    (problem,) = raised.value.problems
    assert (Path(problem.source.file).name, problem.source.line) == ("reconciler.yaml", 4)
    assert problem.message == "`identity_field: Old key` is the custom field that this plan renames to `New key`"
    assert problem.hint == "write `identity_field: New key`"
    world.write_raw(ACME % "identity_field: New key", "reconciler.yaml")
    world.settle()
    told.assert_quiet(world)


USER = "---\nkind: Incident\nmetadata: {name: x}\nspec: {name: X, mode: test, severity: Grave}\n"


def test_names_that_are_swapped_mean_what_they_will(world: World) -> None:
    """Who uses one of them means the severity that is called so afterwards."""
    world.write(severities({"a": ("Bad", 50), "b": ("Grave", 60)}))
    world.settle()
    world.write(severities({"a": ("Grave", 50), "b": ("Bad", 60)}) + USER)

    world.settle()

    assert world.incidents()[0]["severity"]["id"] == world.memory.state.records[Key("Severity", "a")].id
    told.assert_quiet(world)


@pytest.mark.parametrize("used", ["Grave", "Graver"])
def test_a_name_that_people_chose_is_used_where_it_is_kept(world: World, used: str) -> None:
    """And the one that the manifest says means the same severity."""
    world.write_raw(ACME % "drift: {Severity: {name: keep}}", "reconciler.yaml")
    world.write(severities({"a": ("Grave", 50)}))
    world.settle()
    world.ask("PUT", f"/v1/severities/{world.severity('Grave')}", {"name": "Graver", "description": "Kept", "rank": 50})
    world.write(severities({"a": ("Grave", 50)}) + USER.replace("severity: Grave", f"severity: {used}"))

    world.settle()

    assert world.incidents()[0]["severity"]["name"] == "Graver"


def test_a_name_that_people_chose_is_not_used_where_it_is_put_back(world: World) -> None:
    """The plan that takes it away says so."""
    world.write(severities({"a": ("Grave", 50)}))
    world.settle()
    world.ask("PUT", f"/v1/severities/{world.severity('Grave')}", {"name": "Graver", "description": "Kept", "rank": 50})
    world.write(severities({"a": ("Grave", 50)}) + USER.replace("severity: Grave", "severity: Graver"))

    with pytest.raises(Invalid) as raised:
        world.plan()

    (problem,) = raised.value.problems
    assert problem.message == "`Graver` is the severity that this plan renames to `Grave`"
