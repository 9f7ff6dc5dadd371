"""A manifest that changed since a run that died: what was asked for goes as it was, and what is missing behind it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model import Topic, Why
from reconciler.render import text
from reconciler.render.page import PIPE, plain
from tests.core import told
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


SHOWN = {
    "timeline_items": """
    + timeline deploy      A deploy
                           2026-11-20T09:05:00Z
                           "Of the index"
                           asked for again: an earlier run never learned the answer
    ~ timeline deploy
      title      A deploy -> The deploy  (changed in the manifest)
""",
    "updates": """
    + update   notice      "One search in ten fails."
                           Fixing
                           asked for again: an earlier run never learned the answer
""",
}


@pytest.mark.parametrize(("write", "change"), [("timeline_items", "title"), ("updates", "words")])
def test_what_goes_as_it_was_asked_for_is_told_as_that(world: World, write: str, change: str) -> None:
    """Words cannot be edited once posted: whoever says yes reads which ones go out, why, and what is edited behind."""
    world.write(MANIFEST)
    with suppress(ReconcilerError):
        world.apply([f"drop-before:1-:POST:/v2/incident_{write}"])
    world.write(MANIFEST.replace(*CHANGES[change]))

    assert SHOWN[write] in plain(text.page(world.plan()), PIPE)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("mode: standard", "mode: test", "asked for it as standard, and may have it; mode cannot change"),
        ("mode: standard, visibility: public", "mode: standard, visibility: private", "asked for it as public"),
        ("mode: test, visibility: private", "mode: test", "asked for it as private"),
        ("mode: test", "mode: standard", "asked for it as test"),
    ],
)
def test_what_no_edit_could_mend_is_not_asked_for_again(world: World, before: str, after: str, said: str) -> None:
    """Nobody is told in public what is private by now, nor paged for what is a test by now; the way on is said."""
    text_of = "kind: Incident\nmetadata: {name: checkout}\nspec: {name: The key leaked, severity: Minor, %s}\n"
    world.write(text_of % before)
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:POST:/v2/incidents"])
    world.write(text_of % after)

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert said in refusal.message
    assert "`reconciler state rm Incident/checkout`" in refusal.hint
    assert world.apply() == []
    assert world.incidents() == []
    world.write(text_of % before)
    world.settle()
    assert len(world.incidents()) == 1


@pytest.mark.parametrize("then", ["Fixing", "Monitoring"])
def test_an_update_that_would_close_what_is_not_to_be_closed_by_now_is_not_posted(world: World, then: str) -> None:
    """It never arrived, and the author corrected it; under another ID it is posted as it says."""
    closing = MANIFEST.replace("status: Fixing", "status: Closed")
    world.write(closing)
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:POST:/v2/incident_updates"])
    corrected = MANIFEST.replace("status: Fixing", f"status: {then}")
    world.write(corrected)

    refusal = told.refusal(world.plan())

    assert refusal.message == (
        "a run that died asked for update `notice` as Closed, and may have it; the API moves no incident from there to "
        + then
    )
    assert world.apply() == []
    world.write(corrected.replace("id: notice", "id: corrected"))
    world.settle()
    (one,) = world.incidents()
    assert one["incident_status"]["name"] == then
    assert world.updates(one["id"]) == ["One search in ten fails."]
    assert world.plan().is_empty


def test_what_was_asked_for_is_told_by_its_names(world: World) -> None:
    """And not by IDs, also in what people will notice."""
    world.write(MANIFEST + "  roles: {Incident Lead: alice@example.com}\n")
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:POST:/v2/incidents"])
    world.write(MANIFEST.replace("severity: Minor", "severity: Major") + "  roles: {Incident Lead: bob@example.com}\n")

    shown = plain(text.page(world.plan()), PIPE)

    assert "2 roles are assigned: Alice Archer as Incident Lead, Bob Baker as Incident Lead" in shown
    assert "01SANDB0X" not in shown


CONFIGURATION = {
    "Severity": ("/v1/severities", "severities", "rank: 50"),
    "IncidentStatus": ("/v1/incident_statuses", "incident_statuses", "category: live, rank: 70"),
    "IncidentRole": ("/v2/incident_roles", "incident_roles", "instructions: Ask, shortform: xx"),
    "CustomField": ("/v2/custom_fields", "custom_fields", "type: text"),
}


@pytest.mark.parametrize("kind", CONFIGURATION)
def test_configuration_that_was_asked_for_under_another_name_is_found(world: World, kind: str) -> None:
    """It was made, its answer lost, and its manifest renamed since: there is one of it, with the new name."""
    path, items, more = CONFIGURATION[kind]
    text_of = f"kind: {kind}\nmetadata: {{name: x}}\nspec: {{name: NAME, description: d, {more}}}\n"
    world.write(text_of.replace("NAME", "Xray"))
    told.lose(world, f"1-:POST:{path}")
    world.write(text_of.replace("NAME", "Xbox"))

    world.settle()

    assert [one["name"] for one in world.ask("GET", path)[items] if one["name"].startswith("X")] == ["Xbox"]
    told.assert_quiet(world)


def test_configuration_that_was_asked_for_is_left_to_whose_name_it_has(world: World) -> None:
    """Two manifests exchanged their names meanwhile: what is called as one of them is that one."""
    text_of = "kind: Severity\nmetadata: {name: %s}\nspec: {name: %s, description: d, rank: %d}\n"
    world.write(text_of % ("x", "Xray", 50))
    told.lose(world, "1-:POST:/v1/severities")
    world.write("---\n".join([text_of % ("x", "Xbox", 60), text_of % ("y", "Xray", 50)]))

    world.settle()

    found = world.ask("GET", "/v1/severities")["severities"]
    assert sorted(one["name"] for one in found if one["name"].startswith("X")) == ["Xbox", "Xray"]
    told.assert_quiet(world)


@pytest.mark.parametrize("title", ["Checkout is slow", "Checkout is slow again"])
@pytest.mark.parametrize("adopt", ["matching", "never"])
@pytest.mark.parametrize("name", ["name: checkout", "name: cart, was: checkout"])
def test_no_generation_is_declared_beside_one_that_was_asked_for_and_runs(
    world: World, name: str, adopt: str, title: str
) -> None:
    """The answer was lost, and the author raises the generation: as where the answer is known, that one runs still."""
    world.write_raw(
        f"apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {{name: acme}}\nspec: {{adopt: {adopt}}}\n",
        "reconciler.yaml",
    )
    text_of = "kind: Incident\nmetadata: {%s}\nspec: {name: %s, mode: test, severity: Minor}\n"
    world.write(text_of % ("name: checkout", "Checkout is slow"))
    told.lose(world, "1-:POST:/v2/incidents")
    raised = text_of % (f'{name}, generation: "2"', title)
    world.write(raised)

    refusal = told.refusal(world.plan())

    assert refusal.message == "its earlier generation is INC-1, which is not finished: Investigating"
    assert world.apply() == []
    world.write(raised.replace('"2"', '"2", not: [INC-1]'))
    world.settle()
    assert len(world.incidents()) == 2
