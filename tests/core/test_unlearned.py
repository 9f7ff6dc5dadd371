"""What a run that died wrote without learning of it is its own: no drift, and nobody's to decide but the manifest's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model import Topic, Why
from reconciler.sandbox import Behaviour
from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGUN = {
    "name": "Checkout is slow",
    "summary": "Slow since nine.",
    "call_url": "https://meet.example.com/a",
    "roles": "{Incident Lead: alice@example.com}",
    "custom_fields": "{Customers affected: 120}",
    "timeline": "[{id: deploy, at: 2026-11-20T09:05:00Z, title: A deploy}]",
}
LATER = {
    "name": "Search is slow",
    "summary": "Slow since ten.",
    "call_url": "https://meet.example.com/b",
    "roles": "{Incident Lead: bob@example.com}",
    "custom_fields": "{Customers affected: 240}",
    "timeline": "[{id: deploy, at: 2026-11-20T09:05:00Z, title: The deploy}]",
}
THIRD = {
    "name": "Cart is slow",
    "summary": "Slow since eleven.",
    "call_url": "https://meet.example.com/c",
    "roles": "{Incident Lead: carol@example.com}",
    "custom_fields": "{Customers affected: 360}",
    "timeline": "[{id: deploy, at: 2026-11-20T09:05:00Z, title: No deploy}]",
}


def manifest(fields: dict[str, str], *more: str) -> str:
    """Return an incident with these fields."""
    lines = [f"  {name}: {value}" for name, value in fields.items()]
    head = ["kind: Incident", "metadata: {name: checkout}", "spec:", "  mode: test", "  severity: Minor"]
    return "\n".join([*head, *lines, *(f"  {one}" for one in more)]) + "\n"


def decide(world: World, field: str, policy: str) -> None:
    """Say what becomes of a field that others changed."""
    head = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\n"
    world.write_raw(f"{head}spec: {{drift: {{Incident: {{{field}: {policy}}}}}}}\n", "reconciler.yaml")


@pytest.mark.parametrize("policy", ["", "overwrite", "keep", "fail"])
@pytest.mark.parametrize("then", [BEGUN, THIRD], ids=["put back", "changed on"])
@pytest.mark.parametrize("field", BEGUN)
def test_an_own_edit_whose_answer_was_lost_is_no_drift(
    tmp_path: Path, field: str, then: dict[str, str], policy: str
) -> None:
    """The author puts the manifest back, or changes it once more: that is what holds, under every policy."""
    world = World(tmp_path)
    if policy:
        decide(world, field, policy)
    world.write(manifest(BEGUN))
    world.settle()
    world.write(manifest(BEGUN | {field: LATER[field]}))
    told.lose(world)
    assert shown(world) == [LATER[field] if name == field else BEGUN[name] for name in BEGUN]
    world.write(manifest(BEGUN | {field: then[field]}))

    world.settle()

    assert shown(world) == [then[field] if name == field else BEGUN[name] for name in BEGUN]
    told.assert_quiet(world)


def shown(world: World) -> Sequence[str]:
    """Return what the only incident holds, as the manifest would say it."""
    (one,) = world.incidents()
    listed = world.ask("GET", f"/v2/incident_timeline_items?incident_id={one['id']}")["incident_timeline_items"]
    (item,) = (each for each in listed if not each.get("activity_log_id"))
    (lead,) = (
        each["assignee"]["email"] for each in one["incident_role_assignments"] if each["role"]["role_type"] == "lead"
    )
    number = next(
        each["values"][0]["value_numeric"]
        for each in one["custom_field_entries"]
        if each["custom_field"]["name"] == "Customers affected"
    )
    return [
        one["name"],
        one["summary"],
        one["call_url"],
        f"{{Incident Lead: {lead}}}",
        f"{{Customers affected: {number}}}",
        f"[{{id: deploy, at: 2026-11-20T09:05:00Z, title: {item['title']}}}]",
    ]


def test_an_edit_that_never_arrived_is_made_though_what_stands_there_looks_like_it(world: World) -> None:
    """Capitals alone were put right: what stood there before is no trace of that."""
    world.write(manifest(BEGUN | {"name": "checkout is slow", "summary": "slow since nine."}))
    world.settle()
    world.write(manifest(BEGUN))
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:write"])

    world.settle()

    assert shown(world) == [BEGUN[name] for name in BEGUN]
    told.assert_quiet(world)


def test_what_a_server_made_of_an_edit_that_was_lost_is_known_from_then_on(tmp_path: Path) -> None:
    """It laid the text out anew; something else is noted of it meanwhile, and the edit is not made again and again."""
    world = World(tmp_path, behaviour=Behaviour(rewrites=True))
    text = "kind: IncidentStatus\nmetadata: {%s}\nspec: {name: Xray, description: %s, category: live, rank: 70}\n"
    world.write(text % ("name: x", "d"))
    world.settle()
    lengthy = '"one\\ntwo"'
    world.write(text % ("name: x", lengthy))
    told.lose(world, reads=1)
    world.write(text % ("name: x, protect: true", lengthy))

    world.settle()

    told.assert_quiet(world)
    assert [one["method"] for one in world.requests() if one["changed"]] == ["POST", "PUT"]


def test_what_people_changed_since_is_theirs(world: World) -> None:
    """An edit was lost, and people wrote something else over it."""
    decide(world, "call_url", "fail")
    world.write(manifest(BEGUN))
    world.settle()
    world.write(manifest(BEGUN | {"call_url": LATER["call_url"]}))
    told.lose(world)
    world.edit(world.incidents()[0]["id"], call_url="https://meet.example.com/people")
    world.write(manifest(BEGUN | {"call_url": THIRD["call_url"]}))

    assert told.refusal(world.plan()).why is Why.CONFLICT


@pytest.mark.parametrize(
    ("update", "status", "severity"),
    [
        ("{id: two, message: Second, status: Monitoring}", "Monitoring", "Minor"),
        ("{id: two, message: Second, status: Fixing, severity: Critical}", "Fixing", "Critical"),
        ("{id: two, message: Second}", "Fixing", "Minor"),
    ],
)
def test_an_own_update_whose_answer_was_lost_moved_what_it_was_asked_to(
    world: World, update: str, status: str, severity: str
) -> None:
    """The author gives it another status or severity since: one edit brings the incident there."""
    fields = {"name": "Checkout is slow"}
    text = manifest(fields, "declare_as: {severity: Minor}", "updates: [{id: one, message: First}, %s]")
    text = text.replace("  severity: Minor\n", "", 1)
    world.write(text % "{id: two, message: Second, status: Fixing}")
    told.lose(world, "2-:POST:/v2/incident_updates")
    world.write(text % update)

    world.settle()

    (one,) = world.incidents()
    assert (one["incident_status"]["name"], one["severity"]["name"]) == (status, severity)
    plan = world.plan()
    assert plan.is_empty
    assert {one.topic for one in plan.notices} <= {Topic.FROZEN}


def test_an_update_put_before_one_that_was_asked_for_is_not_taken_for_posted(world: World) -> None:
    """What is remembered tells that it was never asked for; it is told where it may stand, as ever."""
    text = manifest({"name": "Checkout is slow"}, "updates: [{id: one, message: First}, %s{id: two, message: Second}]")
    world.write(text % "")
    told.lose(world, "2-:POST:/v2/incident_updates")
    world.write(text % "{id: three, message: Third}, ")

    refusal = told.refusal(world.plan())

    assert refusal.message == "update `three` stands before one that was posted, and posted updates keep their order"
