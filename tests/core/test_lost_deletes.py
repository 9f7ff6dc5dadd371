"""Deletes whose answers never come, and of which nothing can be found out: neither done nor failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Interrupted
from reconciler.model import Done, Unknown
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World

KEEPER = "kind: Severity\nmetadata: {name: keeper}\nspec: {name: Keeper, description: It stays}\n"
GRAVE = "kind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: Bad}\n"


def undeclare(world: World) -> None:
    """Let a severity that was created go."""
    world.write(f"{KEEPER}---\n{GRAVE}")
    world.settle()
    world.write(KEEPER)


def test_a_delete_that_is_stopped_while_it_is_looked_at_is_unknown(world: World) -> None:
    """Its answer was lost and a signal ends the run before it is found out: nobody knows, and the next run does."""
    undeclare(world)

    def stop(_seconds: float) -> None:
        raise Interrupted

    (outcome,) = told.carry_out(world, world.plan(prune=True), ["drop-after:1:DELETE"], sleep=stop)

    assert isinstance(outcome, Unknown)
    assert "the run was stopped" in outcome.message
    assert all(isinstance(one, Done) for one in told.carry_out(world, world.plan(prune=True)))
    told.assert_quiet(world)


def test_a_delete_that_cannot_be_looked_at_is_unknown(world: World) -> None:
    """Its answer was lost and the account is silent since: not told as failed, as it may be gone."""
    undeclare(world)

    faults = ["drop-after:1:DELETE", "503-before=1:1-:GET"]
    (outcome,) = told.carry_out(world, world.plan(prune=True), faults)

    assert isinstance(outcome, Unknown)
    assert all(isinstance(one, Done) for one in told.carry_out(world, world.plan(prune=True)))
    told.assert_quiet(world)
