"""Simulated people in a sandbox: what they do is there, in their name, once."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import api, workspace
from reconciler.errors import Misused
from reconciler.gameday.answers import Suitable
from reconciler.gameday.people import People
from reconciler.gameday.script import Assign, Close, Set, Task, Update
from reconciler.sandbox import ConnectionDropped
from tests.gameday import scenes
from tests.world import BASE_URL, Hurry, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.gameday.events import Acted
    from reconciler.gameday.script import Act

MANIFEST = """
kind: Incident
metadata: {name: outage}
spec: {name: Checkout is down, mode: test, severity: Minor}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An account with one test incident."""
    world = World(tmp_path)
    world.write(MANIFEST)
    world.settle()
    return world


@contextmanager
def people(world: World, *faults: str, run: str = "run-1", private: tuple[str, ...] = ()) -> Iterator[People]:
    """Let people act in the account."""
    with world.sandbox(faults) as app, ExitStack() as stack:
        transport = api.in_process(app, ConnectionDropped)

        def client_as(email: str) -> api.Client:
            headers = {"X-Sandbox-Actor": email}
            return stack.enter_context(
                api.connect(BASE_URL, "sandbox", transport=transport, clock=Hurry(), headers=headers)
            )

        yield People(world.workspace, client_as, run, private)


def acted(world: World, *acts: Act, faults: tuple[str, ...] = (), run: str = "run-1") -> list[Acted]:
    """Let people do these things one after the other."""
    incident = world.incident("Checkout is down")["id"]
    with people(world, *faults, run=run) as players:
        return [players.act(act, incident, 60.0, 1_000.0) for act in acts]


def doers(world: World) -> set[str]:
    """Return the people who did anything to the incident, by the account's own log."""
    incident = world.incident("Checkout is down")["id"]
    entries = world.ask("GET", f"/v2/incident_activity_log_entries?page_size=250&incident_id={incident}")
    by = [
        one["content"][one["type"]]["updater"] for one in entries["incident_activity_log_entries"] if "content" in one
    ]
    return {one["user"]["name"] for one in by if "user" in one}


def tasks(world: World, noun: str) -> list[dict[str, Any]]:
    """Return the actions or follow-ups of the account's test incidents."""
    return list(world.ask("GET", f"/v3/{noun}s?page_size=250&incident_mode=test")[f"{noun}s"])


def test_somebody_takes_a_role(world: World) -> None:
    """Who assigns a role without a name takes it, and it is they who did it."""
    (event,) = acted(world, scenes.act(60, Assign("outage", "Incident Lead"), "carol@example.com"))

    (lead,) = [
        one["assignee"]["email"]
        for one in world.incident("Checkout is down")["incident_role_assignments"]
        if one["role"]["name"] == "Incident Lead" and "assignee" in one
    ]
    assert lead == "carol@example.com"
    assert doers(world) == {"Carol Cook"}
    assert (event.act, event.who, event.incident, event.failed) == ("carol-60", "carol@example.com", "outage", "")
    assert (event.text, event.at, event.time) == ("take Incident Lead of outage", 60.0, 1_000.0)


def test_somebody_gives_a_role_to_another(world: World) -> None:
    """A role goes to whoever is named."""
    acted(world, scenes.act(60, Assign("outage", "Communications Lead", "dave@example.com")))

    held = world.incident("Checkout is down")["incident_role_assignments"]
    assert "dave@example.com" in {one.get("assignee", {}).get("email") for one in held}


def test_an_update_is_posted_once_in_their_name(world: World) -> None:
    """An update that a run sends again, since it was killed before it noted it, stands there once."""
    act = scenes.act(
        60, Update("outage", "x", {"message": "Customers cannot pay.", "status": "Fixing"}), "bob@example.com"
    )
    acted(world, act)
    acted(world, act)

    incident = world.incident("Checkout is down")
    assert world.updates(incident["id"]) == ["Customers cannot pay."]
    assert incident["incident_status"]["name"] == "Fixing"
    assert doers(world) == {"Bob Baker"}


def test_another_run_posts_its_own_updates(world: World) -> None:
    """The same act of two runs is two updates."""
    act = scenes.act(60, Update("outage", "x", {"message": "Customers cannot pay."}))
    acted(world, act, run="run-1")
    acted(world, act, run="run-2")

    assert len(world.updates(world.incident("Checkout is down")["id"])) == 2


def test_an_update_whose_answer_is_lost_is_there_once(world: World) -> None:
    """A lost answer is asked for again, with the same key."""
    act = scenes.act(60, Update("outage", "x", {"message": "Customers cannot pay."}))

    (event,) = acted(world, act, faults=("drop-after:1:POST:/v2/incident_updates",))

    sent = [one["method"] for one in world.requests() if one["path"] == "/v2/incident_updates"]
    assert event.failed == ""
    assert sent.count("POST") == 2
    assert world.updates(world.incident("Checkout is down")["id"]) == ["Customers cannot pay."]


def test_severity_and_status_are_set_by_name(world: World) -> None:
    """What they set is found by its name; people may make moves that a key may not."""
    events = acted(
        world,
        scenes.act(60, Set("outage", {"severity": "Critical"})),
        scenes.act(61, Set("outage", {"status": "Paused"})),
    )

    incident = world.incident("Checkout is down")
    assert [one.failed for one in events] == ["", ""]
    assert (incident["severity"]["name"], incident["incident_status"]["name"]) == ("Critical", "Paused")


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("Affected services", "value_catalog_entry"),
        ("Detection method", "value_option"),
        ("Customers affected", "value_numeric"),
        ("Root cause", "value_text"),
        ("Runbook", "value_link"),
    ],
)
def test_a_custom_field_of_each_kind_is_filled(world: World, name: str, filled: str) -> None:
    """Where any value will do, one is chosen that the field takes."""
    (event,) = acted(world, scenes.act(60, Set("outage", {"custom_fields": {name: Suitable.VALUE}})))

    (values,) = [
        one["values"]
        for one in world.incident("Checkout is down")["custom_field_entries"]
        if one["custom_field"]["name"] == name
    ]
    assert event.failed == ""
    assert [filled in one for one in values] == [True]


def test_a_custom_field_is_filled_as_the_file_says(world: World) -> None:
    """A value that the file names is the one that is set."""
    acted(world, scenes.act(60, Set("outage", {"custom_fields": {"Customers affected": 40}})))

    entries = world.incident("Checkout is down")["custom_field_entries"]
    assert [one["values"] for one in entries if one["values"]] == [[{"value_numeric": "40"}]]


@pytest.mark.parametrize(("noun", "title"), [("action", "description"), ("follow_up", "title")])
def test_a_task_is_created_once(world: World, noun: str, title: str) -> None:
    """An action or follow-up is not created again by a run that is taken up again, nor where its answer was lost."""
    act = scenes.act(60, Task("outage", noun, "Roll back the deploy"), "dave@example.com")
    acted(world, act, faults=(f"drop-after:1:POST:/v3/{noun}s",))
    acted(world, act)

    found = tasks(world, noun)
    assert [one[title] for one in found] == ["Roll back the deploy"]
    assert [one["creator"]["user"]["email"] for one in found] == ["dave@example.com"]


def test_somebody_closes_it(world: World) -> None:
    """A person closes the incident, whatever the account calls that."""
    acted(world, scenes.act(60, Close("outage")))

    assert world.incident("Checkout is down")["incident_status"]["category"] == "closed"


def test_what_the_account_does_not_know_is_told(world: World) -> None:
    """An act that names what is not there fails with the reason, and nothing is sent."""
    before = len(world.requests())
    events = acted(
        world,
        scenes.act(60, Set("outage", {"severity": "Apocalyptic"})),
        scenes.act(61, Assign("outage", "Scribe")),
        scenes.act(62, Set("outage", {"custom_fields": {"Shoe size": Suitable.VALUE}})),
    )

    assert [one.failed.partition(" of this")[0] for one in events] == [
        "`Apocalyptic` is not a severity",
        "`Scribe` is not a role",
        "`Shoe size` is not a custom field",
    ]
    assert {one["method"] for one in world.requests()[before:]} == {"GET"}


def test_who_is_nobody_of_the_account_cannot_act(world: World) -> None:
    """An act by somebody unknown fails, with what the sandbox says."""
    (event,) = acted(world, scenes.act(60, Set("outage", {"severity": "Critical"}), "mallory@example.com"))

    assert "mallory@example.com" in event.failed


def test_a_name_is_looked_for_again_after_it_was_missing(world: World) -> None:
    """Lists are read once, and once more after something was not in them."""
    incident = world.incident("Checkout is down")["id"]
    act = scenes.act(60, Set("outage", {"severity": "Apocalyptic"}))
    with people(world) as players:
        first = players.act(act, incident, 60, 0)
        world.ask("POST", "/v1/severities", {"name": "Apocalyptic", "description": "The end."})
        second = players.act(act, incident, 61, 0)

    assert first.failed
    assert not second.failed


def test_what_is_said_in_a_private_incident_is_not_told(world: World) -> None:
    """The words of a private incident do not reach the run's journal."""
    incident = world.incident("Checkout is down")["id"]
    with people(world, private=("outage",)) as players:
        event = players.act(scenes.act(60, Update("outage", "x", {"message": "hunter2"})), incident, 60, 0)

    assert event.text == "update outage"


def test_nobody_is_simulated_in_a_real_account(tmp_path: Path) -> None:
    """Of a real account the people are real."""
    (tmp_path / "incidents").mkdir()
    (tmp_path / "reconciler.yaml").write_text(scenes.WORKSPACE, encoding="utf-8")
    real = workspace.load([str(tmp_path)], environ={"INCIDENT_API_KEY": "key"})

    with pytest.raises(Misused, match="this account is real"):
        People(real, lambda _: pytest.fail("nobody is asked for"), "run-1")
