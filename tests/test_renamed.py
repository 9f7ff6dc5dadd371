"""State is lost and people renamed the incident: nothing is guessed, and the way on is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import Skipped, Unknown
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
kind: Incident
metadata: {{name: db-slow{more}}}
spec: {{name: DB slow, severity: Minor, mode: test, summary: ours, updates: [{{id: first, message: We look.}}]}}
"""


def renamed(folder: Path, idempotency: str) -> World:
    """Declare an incident, let people rename it, and lose the state."""
    world = World(folder, idempotency)
    world.write(MANIFEST.format(more=""))
    world.settle()
    world.edit(world.incidents()[0]["id"], name="DB really slow", summary="what people know")
    world.lose_state()
    return world


@pytest.mark.parametrize("idempotency", ["return", "conflict"])
def test_a_key_that_was_used_for_what_looks_different_is_not_taken_for_done(tmp_path: Path, idempotency: str) -> None:
    """The API remembers the key, and the incident has another name: unknown, nothing edited, nothing posted."""
    world = renamed(tmp_path, idempotency)

    first, second = world.apply()

    assert isinstance(first, Unknown)
    assert "`id:" in first.hint
    assert isinstance(second, Skipped)
    (incident,) = world.incidents()
    assert (incident["name"], incident["summary"]) == ("DB really slow", "what people know")
    assert world.updates(incident["id"]) == ["We look."]


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_the_way_on_that_is_told_works(tmp_path: Path, idempotency: str) -> None:
    """With the incident's reference in the manifest it is adopted, and nothing is there twice."""
    world = renamed(tmp_path, idempotency)
    world.write(MANIFEST.format(more=", id: INC-1"))

    world.settle()

    (incident,) = world.incidents()
    assert incident["name"] == "DB slow"
    assert world.updates(incident["id"]) == ["We look."]
    assert world.plan().is_empty


def test_what_a_manifest_rules_out_is_not_found_for_a_lost_answer(world: World) -> None:
    """An incident that `metadata.not` names is not taken for the one whose create never arrived."""
    world.write(MANIFEST.format(more=""))
    world.settle()
    world.lose_state()
    world.write(MANIFEST.format(more="-again, not: [INC-1]"))

    world.apply(["drop-before:1:write"])

    assert [one["reference"] for one in world.incidents()] == ["INC-1", "INC-2"]
    assert world.plan().is_empty
