"""Which manifests a command is about: what `--select` and `--exclude` take, and what comes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import reconcile
from reconciler.errors import Invalid, Misused
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World


def incidents(count: int, spec: str = "mode: test") -> str:
    """Return manifests of that many incidents."""
    return "---\n".join(
        f"kind: Incident\nmetadata: {{name: i{number}, labels: {{team: t{number % 2}}}}}\n"
        f"spec: {{name: Number {number}, severity: Minor, {spec}}}\n"
        for number in range(count)
    )


@pytest.mark.parametrize(
    ("select", "exclude", "chosen"),
    [
        (["kind=Incident"], [], ["i0", "i1"]),
        (["label=team:t1"], [], ["i1"]),
        (["label=team"], [], ["i0", "i1"]),
        (["name=i*"], ["name=*0"], ["i1"]),
        (["name=i0", "name=i1"], [], ["i0", "i1"]),
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


@pytest.mark.parametrize("exclude", ["kind=Severity", "name=grave"])
def test_what_is_excluded_comes_along_with_nobody(world: World, exclude: str) -> None:
    """It was said not to be touched: what the account has of that name is used, and where it has none, that is told."""
    severity = "---\nkind: Severity\nmetadata: {name: grave}\nspec: {name: %s, description: Bad}\n"
    world.write(incidents(1) + severity % "Minor")

    assert told.steps(world.plan(exclude=[exclude])) == ["create Incident/i0"]

    world.write(incidents(1).replace("Minor", "Grave") + severity % "Grave")
    with pytest.raises(Invalid) as refusal:
        world.plan(exclude=[exclude])

    assert "`Grave` is not a severity of this organisation" in str(refusal.value)


def test_a_term_that_selects_nothing_there_is_says_what_to_write(world: World) -> None:
    """It is neither ignored nor guessed."""
    world.write(incidents(1))

    with pytest.raises(Misused, match="`colour=red`"):
        world.plan(select=["colour=red"])


@pytest.mark.parametrize(
    ("select", "exclude", "told"),
    [
        (["name=i7"], [], "`--select name=i7`; did you mean `name=i"),
        (["name=i0", "kind=Severity"], [], "`--select kind=Severity`"),
        ([], ["label=team"], "`--exclude label=team`"),
        (["label=other"], [], "`--select label=other`"),
        (["name=i0", "label=team:t1"], [], "`--select name=i0 --select label=team:t1`"),
        (["name=i0"], ["kind=Incident"], "`--select name=i0 --exclude kind=Incident`"),
    ],
)
def test_terms_that_take_no_manifest_are_misused(
    world: World, select: list[str], exclude: list[str], told: str
) -> None:
    """A misspelt name must not look like nothing to do; the terms are named."""
    world.write(incidents(2))

    with pytest.raises(Misused) as caught:
        reconcile.load(world.workspace, select=select, exclude=exclude)

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("select", "exclude", "hint"),
    [
        (["kind=Severity", "name=i0"], [], "take a `--select` out: terms of different sorts must all hold"),
        ([], ["name=i*", "name=grave"], "take an `--exclude` out: together they take all that is left"),
        (["name=i0"], ["name=i*"], "take an `--exclude` out: together they take all that is left"),
    ],
)
def test_what_leaves_nothing_is_told_with_the_terms_that_do(
    world: World, select: list[str], exclude: list[str], hint: str
) -> None:
    """Whether one sort takes nothing, or the other all."""
    severity = "---\nkind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: It is bad}\n"
    world.write(incidents(2) + severity)

    with pytest.raises(Misused) as refused:
        reconcile.load(world.workspace, select=select, exclude=exclude)

    assert refused.value.hint == hint
