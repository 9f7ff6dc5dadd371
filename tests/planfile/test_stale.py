"""What of a saved plan still holds: told object by object, by what its changes rest on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.planfile import Known, Shown, hold
from tests.planfile.desk import SEVERITY, Desk, incident
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    Meanwhile = Callable[[Desk, str], Any]

UPDATES = "[{id: first, message: Looking into it.}]"
MOVES = "[{id: first, message: Looking into it., status: Fixing}]"


def two(desk: Desk, **different: str) -> None:
    """Let two incidents exist, then declare one of them, or both, differently."""
    desk.declare(incident("one"), incident("two"))
    desk.settled()
    desk.declare(incident("one", **different), incident("two", summary="As it shall be"))


def test_what_is_as_it_was_is_applied(desk: Desk) -> None:
    """Nothing moved: every change goes, and a plan is empty afterwards."""
    two(desk, summary="Other", updates=MOVES)
    desk.plan()
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert "Since this plan was made" not in ended.stdout
    assert "Apply: 3 done, 0 failed, 0 skipped, 0 unknown." in ended.stdout
    assert desk.type("plan", "--detailed-exitcode").code == 0


def test_only_what_was_shown_is_sent(desk: Desk) -> None:
    """Each request of the file, in an order that works, and no other."""
    desk.declare(SEVERITY, incident("one", severity="Dire", updates=MOVES))
    desk.plan()
    shown = [request for change in desk.content["changes"] for request in change["requests"]]
    before = len(desk.writes())
    desk.carry_out()

    sent = desk.writes()[before:]
    assert [(one["method"], one["path"]) for one in sent] == [(one["method"], one["path"]) for one in shown]
    assert shown[1]["body"]["severity_id"] == {"$ref": "Severity/dire#id"}
    assert desk.incident("Title of one")["severity"]["name"] == "Dire"


STALE: dict[str, tuple[dict[str, str], Meanwhile, str]] = {
    "a summary that a person edited": (
        {"summary": "Other"},
        lambda desk, one: desk.edit(one, summary="By Bob"),
        "changed since: summary (As it was then, By Bob now)",
    ),
    "a status that a person moved, where an update moves it": (
        {"updates": MOVES},
        lambda desk, one: desk.edit(one, incident_status_id=desk.status("Monitoring")),
        "changed since: status",
    ),
    "a severity that a person moved, where it is written": (
        {"severity": "Major"},
        lambda desk, one: desk.edit(one, severity_id=desk.severity("Critical")),
        "it cannot be done any more: severity ",
    ),
    "an incident that a person closed": (
        {"status": "Monitoring"},
        lambda desk, one: desk.edit(one, incident_status_id=desk.status("Closed")),
        "changed since: ",
    ),
    "an update that a key posted meanwhile": (
        {"updates": UPDATES},
        lambda desk, one: desk.ask(
            "POST",
            "/v2/incident_updates",
            {"incident_id": one, "message": "By another key", "idempotency_key": "another"},
        ),
        "changed since: updates were posted meanwhile",
    ),
}


def test_what_people_are_at_is_stale_with_what_lets_it_pass(desk: Desk) -> None:
    """To plan again would be refused as well, as long as nobody has left it alone."""
    two(desk, status="Closed")
    desk.plan()
    desk.edit(desk.incident("Title of one")["id"], call_url="https://meet.example.com/bob")

    ended = desk.carry_out()

    assert ended.code == 4
    assert "hint: plan again" not in ended.stdout
    assert "hint: wait until people have left it alone for 15 minutes" in ended.stdout
    assert "`--allow touched`" in ended.stdout


@pytest.mark.parametrize("case", STALE)
def test_what_changed_is_refused_and_the_rest_goes_on(desk: Desk, case: str) -> None:
    """Told with what changed, at its manifest; nothing of it is sent; exit code 4."""
    different, meanwhile, told = STALE[case]
    two(desk, **different)
    desk.plan()
    one = desk.incident("Title of one")["id"]
    meanwhile(desk, one)
    before = len(desk.writes())
    ended = desk.carry_out()

    assert ended.code == 4
    assert f"! Incident/one  {desk.incident('Title of one')['reference']}  stale" in ended.stdout
    assert f"    {told}" in ended.stdout
    assert "hint: plan again" in ended.stdout
    assert [one["path"] for one in desk.writes()[before:]] == [
        f"/v2/incidents/{desk.incident('Title of two')['id']}/actions/edit"
    ]
    assert "Apply: 1 done, 0 failed, 0 skipped, 0 unknown, 1 refused." in ended.stdout


FINE: dict[str, Meanwhile] = {
    "a field that nothing states": lambda desk, one: desk.edit(one, call_url="https://meet.example.com/x"),
    "the status, where none is written": lambda desk, one: desk.edit(one, incident_status_id=desk.status("Monitoring")),
    "an update that a person posted": lambda desk, one: desk.ask(
        "POST",
        "/v2/incident_updates",
        {"incident_id": one, "message": "By Bob", "idempotency_key": "bob"},
        person="bob@example.com",
    ),
}


@pytest.mark.parametrize("case", FINE)
def test_what_a_change_does_not_rest_on_may_change(desk: Desk, case: str) -> None:
    """People's other edits make no plan stale."""
    two(desk, summary="Other", updates=UPDATES)
    desk.plan()
    FINE[case](desk, desk.incident("Title of one")["id"])
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert desk.incident("Title of one")["summary"] == "Other"


@pytest.mark.parametrize("field", ["name", "call_url"])
def test_a_field_that_a_person_changed_beside_the_edit_is_none_of_its_business(desk: Desk, field: str) -> None:
    """What was shown is sent, and no more; that the next plan puts the other field back is told."""
    desk.declare(incident("one", call_url="https://meet.example.com/ours"))
    desk.settled()
    desk.declare(incident("one", call_url="https://meet.example.com/ours", summary="Other"))
    desk.plan()
    one = desk.incident("Title of one")["id"]
    desk.edit(one, **{field: "https://meet.example.com/bob"})
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert "not in this plan, and not done: 1 change;" in ended.stderr
    live = next(each for each in desk.incidents() if each["id"] == one)
    assert (live["summary"], live[field]) == ("Other", "https://meet.example.com/bob")
    assert "drifted" in desk.type("plan").stdout


def test_a_put_beside_which_a_person_changed_another_field_sends_that_as_it_is(desk: Desk) -> None:
    """The live object goes back with what was shown in it."""
    desk.declare(SEVERITY)
    desk.settled()
    desk.declare(SEVERITY.replace("Nothing works", "Nothing works at all"))
    desk.plan()
    body = {"name": "Renamed", "description": "Nothing works"}
    desk.ask("PUT", f"/v1/severities/{desk.severity('Dire')}", body, person="bob@example.com")
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout + ended.stderr
    assert desk.listed("/v1/severities", "severities")["Renamed"]["description"] == "Nothing works at all"


def test_an_update_that_a_key_posted_meanwhile_is_told_as_posted(desk: Desk) -> None:
    """Also where the plan told that people moved the incident: that is no news."""
    desk.declare(incident("one", updates=UPDATES))
    desk.settled()
    one = desk.incident("Title of one")["id"]
    desk.edit(one, incident_status_id=desk.status("Monitoring"))
    desk.declare(incident("one", updates=UPDATES[:-1] + ", {id: v, message: Found it., status: Fixing}]"))
    assert "Monitoring kept" in desk.plan().stdout
    body = {"incident_id": one, "message": "Found it.", "idempotency_key": "another"}
    desk.ask("POST", "/v2/incident_updates", body)
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert "Incident/one: nothing is left to do: `v` is posted by now" in ended.stdout
    assert desk.updates(one) == ["Looking into it.", "Found it."]


def test_a_request_that_nobody_asks_for_is_not_sent(desk: Desk) -> None:
    """Whoever writes one into the file, with a checksum that fits: what is sent is what the manifests ask for."""
    two(desk, summary="Other")
    desk.plan()
    content = desk.content
    for change in content["saved"]["plan"]["changes"]:
        change["request"]["body"]["incident"]["summary"] = "Written by whom?"
    desk.forge(content)
    before = len(desk.writes())
    ended = desk.carry_out()

    assert ended.code == 4
    assert "what is to be sent is no longer what was shown" in ended.stdout
    assert len(desk.writes()) == before


def test_what_somebody_did_already_is_fine(desk: Desk) -> None:
    """It is as the plan wanted it: nothing is sent for it, and nothing is refused."""
    two(desk, summary="Other")
    desk.plan()
    desk.edit(desk.incident("Title of one")["id"], summary="Other")
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert "Already as planned\n  Incident/one: nothing is left to do (incidents/all.yaml:1)\n" in ended.stdout
    assert "Apply: 1 done, 0 failed, 0 skipped, 0 unknown." in ended.stdout


def test_a_severity_that_somebody_made_as_planned_is_used(desk: Desk) -> None:
    """The incident that waited for it gets the ID of the one that is there."""
    desk.declare(SEVERITY, incident("one", severity="Dire"))
    desk.plan()
    body = {"name": "Dire", "description": "Nothing works"}
    made = desk.ask("POST", "/v1/severities", body)["severity"]["id"]
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert "Severity/dire: nothing is left to do" in ended.stdout
    assert desk.incident("Title of one")["severity"]["id"] == made


def test_a_severity_that_somebody_made_otherwise_is_refused_with_what_needs_it(desk: Desk) -> None:
    """The search that came before the create is repeated; what comes after it is left out, the rest is done."""
    desk.declare(SEVERITY, incident("one", severity="Dire"), incident("two"))
    desk.plan()
    desk.ask("POST", "/v1/severities", {"name": "Dire", "description": "Made by another"})
    ended = desk.carry_out()

    assert ended.code == 4
    assert "! Severity/dire" in ended.stdout
    assert "it is there by now, as " in ended.stdout
    assert "! Incident/one" in ended.stdout
    assert "it comes after `create Severity/dire`, which is stale" in ended.stdout
    assert [one["name"] for one in desk.incidents()] == ["Title of two"]


def test_a_look_alike_that_appeared_is_not_declared_twice(desk: Desk) -> None:
    """An incident of this name, made by a key meanwhile, may be it: the plan did not show that it is adopted."""
    desk.declare(incident("one"), incident("two"))
    desk.plan()
    body = {"name": "Title of one", "mode": "test", "visibility": "public", "idempotency_key": "x"}
    desk.ask("POST", "/v2/incidents", body | {"severity_id": desk.severity("Minor")})
    ended = desk.carry_out()

    assert ended.code == 4
    assert "! Incident/one" in ended.stdout
    assert "it is there by now, as INC-1, and not as planned" in ended.stdout
    assert sorted(one["name"] for one in desk.incidents()) == ["Title of one", "Title of two"]
    assert "Incident/one" not in desk.type("state", "list").stdout


def test_a_look_alike_by_a_person_makes_a_create_stale(desk: Desk) -> None:
    """Whether it is that one, a person has to say."""
    desk.declare(incident("one"))
    desk.plan()
    body = {"name": "Title of one", "mode": "test", "visibility": "public", "idempotency_key": "x"}
    desk.ask("POST", "/v2/incidents", body | {"severity_id": desk.severity("Minor")}, person="bob@example.com")
    ended = desk.carry_out()

    assert ended.code == 4
    assert "it cannot be done any more: " in ended.stdout
    assert len(desk.incidents()) == 1


def test_what_the_plan_does_not_have_is_told_and_not_done(desk: Desk) -> None:
    """An incident that drifted since is none of this plan's business."""
    desk.declare(incident("one"), incident("two"))
    desk.settled()
    desk.declare(incident("one"), incident("two", summary="Other"))
    desk.plan()
    desk.edit(desk.incident("Title of one")["id"], summary="By Bob")
    ended = desk.carry_out()

    assert ended.code == 0
    assert desk.incident("Title of one")["summary"] == "By Bob"
    assert "not in this plan, and not done: 1 change; `reconciler plan --sandbox` shows what\n" in ended.stderr


def test_json_tells_what_was_refused_and_what_was_so_already(desk: Desk) -> None:
    """A program learns it without reading words."""
    two(desk, summary="Other")
    desk.plan()
    desk.edit(desk.incident("Title of one")["id"], summary="By Bob")
    desk.edit(desk.incident("Title of two")["id"], summary="As it shall be")
    told = json.loads(desk.carry_out("--format", "json").stdout)

    assert told["outcomes"] == []
    assert [(one["key"], one["why"]) for one in told["refusals"]] == [("Incident/one", "stale")]
    assert [one["key"] for one in told["already"]] == ["Incident/two"]


def removed(desk: Desk, *parts: str) -> None:
    """Let a severity and an incident that closes with its manifest exist, then take their manifests away."""
    desk.declare(SEVERITY, incident("gone", on_remove="close"), incident("stays"))
    desk.settled()
    desk.declare(incident("stays"), *parts)


def test_what_is_taken_away_is_taken_away_as_shown(desk: Desk) -> None:
    """With --prune when it was planned; apply takes no flag again."""
    removed(desk)
    desk.plan("--prune")
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout + ended.stderr
    assert "Dire" not in desk.listed("/v1/severities", "severities")
    assert desk.incident("Title of gone")["incident_status"]["category"] == "closed"


def test_what_somebody_changed_is_not_taken_away(desk: Desk) -> None:
    """A delete rests on all of the object: whoever said yes to it saw another one."""
    removed(desk)
    desk.plan("--prune")
    dire = desk.severity("Dire")
    desk.ask("PUT", f"/v1/severities/{dire}", {"name": "Dire", "description": "In use since", "rank": 9})
    ended = desk.carry_out()

    assert ended.code == 4
    assert "! Severity/dire" in ended.stdout
    assert "Dire" in desk.listed("/v1/severities", "severities")
    assert desk.incident("Title of gone")["incident_status"]["category"] == "closed"


def test_what_is_gone_already_is_fine(desk: Desk) -> None:
    """Nothing is left to delete or to close."""
    removed(desk)
    desk.plan("--prune")
    desk.ask("DELETE", f"/v1/severities/{desk.severity('Dire')}")
    desk.edit(desk.incident("Title of gone")["id"], incident_status_id=desk.status("Closed"))
    before = len(desk.writes())
    ended = desk.carry_out()

    assert ended.code == 0, ended.stdout
    assert len(desk.writes()) == before


def test_after_a_long_prompt_the_same_holds_as_for_a_saved_plan(desk: Desk) -> None:
    """What is as it was goes, what is not is refused and told."""
    two(desk, summary="Other")
    shown = World.plan(desk)
    desk.edit(desk.incident("Title of one")["id"], summary="By Bob")
    held = hold(Shown.here(shown), World.plan(desk), Known(), "run the same command again")

    assert [change.key.name for change in held.plan.changes] == ["two"]
    assert [(one.key.name, one.message) for one in held.stale] == [
        ("one", "changed since: summary (As it was then, By Bob now)")
    ]


def test_a_prompt_that_stood_open_over_a_calm_account_changes_nothing(desk: Desk) -> None:
    """The same requests, in the same order, under the same keys."""
    desk.declare(SEVERITY, incident("one", severity="Dire", updates=MOVES))
    shown = World.plan(desk)
    held = hold(Shown.here(shown), World.plan(desk), Known())

    assert held.plan == shown
    assert (held.stale, held.already, held.beyond) == ((), (), ())


def test_what_was_to_be_adopted_and_was_renamed_is_told_as_that(desk: Desk) -> None:
    """Nobody posted an update: it is not found by its name any more."""
    desk.declare(incident("one"))
    desk.settled()
    desk.lose_state()
    desk.declare(incident("one", updates=UPDATES))
    desk.plan()
    desk.edit(desk.incident("Title of one")["id"], name="Bobbed")

    ended = desk.carry_out()

    assert ended.code == 4
    assert "changed since: INC-1 is not found any more: people may have renamed it" in ended.stdout
    assert "updates were posted" not in ended.stdout
    assert desk.updates(desk.incident("Bobbed")["id"]) == []
