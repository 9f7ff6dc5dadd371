"""A manifest that changed since a run that died: what was asked for goes as it was, and what is missing behind it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model import Topic
from reconciler.render import text
from reconciler.render.page import PIPE, plain
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
kind: Incident
metadata: {name: checkout}
spec:
  name: Checkout is slow
  mode: test
  severity: Minor
  summary: Slow since nine.
  timeline:
    - {id: deploy, at: 2026-11-20T09:05:00Z, title: A deploy, description: Of the index}
  updates:
    - {id: notice, message: One search in ten fails., status: Fixing}
"""
CHANGES = {
    "name": ("Checkout is slow", "Search is slow"),
    "severity": ("severity: Minor", "severity: Major"),
    "summary": ("since nine", "since ten"),
    "status": ("status: Fixing", "status: Monitoring"),
    "closed": ("status: Fixing", "status: Closed"),
    "title": ("A deploy", "The deploy"),
    "description": ("Of the index", "Of the shop"),
    "moment": ("09:05", "09:15"),
    "words": ("in ten", "in two"),
}
WRITES = ["incidents", "incident_timeline_items", "incident_updates", "incidents/*"]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_one_more_run_is_enough_whatever_the_author_changed(tmp_path: Path, kind: str, write: str, change: str) -> None:
    """Whichever sort of write never got through, or never had its answer: the plan after it has nothing to do."""
    world = World(tmp_path, ["return", "conflict", "forget"][list(CHANGES).index(change) % 3])
    world.write(MANIFEST)
    with suppress(ReconcilerError):
        world.apply([f"{kind}:1-:POST:/v2/{write}"])
    world.write(MANIFEST.replace(*CHANGES[change]))

    world.settle()

    plan = world.plan()
    assert plan.is_empty
    assert {one.topic for one in plan.notices} <= {Topic.FROZEN}
    assert len(world.incidents()) == 1
    assert len(world.updates(world.incidents()[0]["id"])) == 1


def test_a_timeline_item_is_made_as_it_was_asked_for_and_edited_behind_it(world: World) -> None:
    """The plan shows both."""
    world.write(MANIFEST)
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:POST:/v2/incident_timeline_items"])
    world.write(MANIFEST.replace("A deploy", "The deploy"))

    shown = plain(text.page(world.plan()), PIPE)

    assert (
        """
    + timeline deploy      A deploy
                           2026-11-20T09:05:00Z
                           "Of the index"
                           asked for again: an earlier run never learned the answer
    ~ timeline deploy
      title      A deploy -> The deploy  (changed in the manifest)
"""
        in shown
    )
