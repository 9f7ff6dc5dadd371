"""Incidents that move on by themselves: through the post-incident statuses, and then to closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Behaviour

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Api, Maker

Json = dict[str, Any]

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
PACE = Behaviour(post_incident_pace=60)


class Watch:
    """The time in the sandbox, as a test wants it."""

    def __init__(self) -> None:
        self.now = START

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A clock that a test moves."""
    watch = Watch()
    monkeypatch.setattr("reconciler.sandbox.moments.now", lambda: watch.now)
    return watch


@pytest.fixture
def paced(watch: Watch, make_api: Maker) -> Api:
    """A client of a sandbox in which a post-incident task takes a minute."""
    assert watch.now == START
    return make_api(behaviour=PACE)


def at(seconds: float) -> str:
    """Write the moment so long after the start."""
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def live(api: Api, incident: Json) -> Json:
    """Show an incident as it is."""
    shown: Json = api.get(f"/v2/incidents/{incident['id']}").json()["incident"]
    return shown


def status(api: Api, incident: Json) -> str:
    """Tell an incident's status."""
    return str(live(api, incident)["incident_status"]["name"])


def learning(api: Api, name: str = "Documenting") -> Json:
    """Declare an incident and bring it into a post-incident status."""
    return api.edit(api.declare(), incident_status_id=api.status(name))


ENTRIES: dict[str, Callable[[Api], Json]] = {
    "declared": lambda api: api.declare(incident_status_id=api.status("Documenting")),
    "edited": learning,
    "updated": lambda api: updated(api, api.declare(), to_incident_status_id=api.status("Documenting")),
    "by a person": lambda api: learning(api.as_person("bob@example.com")),
}


def updated(api: Api, incident: Json, **fields: Any) -> Json:
    """Post an update, and return its incident."""
    assert api.updated(incident, **fields).status_code == 201
    return incident


@pytest.mark.parametrize("entry", ENTRIES)
def test_tasks_are_done_one_after_the_other(paced: Api, watch: Watch, entry: str) -> None:
    """However it got there: after each minute it is in the next status by rank, and after the last it is closed."""
    incident = ENTRIES[entry](paced)

    for seconds, name in ((59, "Documenting"), (1, "Reviewing"), (59, "Reviewing"), (1, "Closed"), (600, "Closed")):
        watch.passes(seconds)
        assert status(paced, incident) == name


def test_several_steps_are_caught_up_with_at_their_own_moments(paced: Api, watch: Watch) -> None:
    """Nobody asked for an hour: updates, log, timestamps and times are those of the moves themselves."""
    incident = learning(paced)
    watch.passes(3600)

    now = live(paced, incident)

    assert (now["incident_status"]["name"], now["updated_at"], now["last_activity_at"]) == ("Closed", at(120), at(120))
    values = {one["incident_timestamp"]["name"]: one.get("value") for one in now["incident_timestamp_values"]}
    assert values["Resolved at"] == {"value": at(0)}
    assert values["Closed at"] == {"value": at(120)}
    updates = [(one["new_incident_status"]["name"], one["created_at"]) for one in paced.updates(incident)]
    assert updates == [("Closed", at(120)), ("Reviewing", at(60)), ("Documenting", at(0))]


def test_the_server_moves_as_a_workflow_does(paced: Api, watch: Watch) -> None:
    """Its updates have no message and name a workflow, and so does the log."""
    incident = learning(paced)
    watch.passes(60)

    (moved, _) = paced.updates(incident)
    log = paced.get("/v2/incident_activity_log_entries", params={"incident_id": incident["id"], "page_size": 50}).json()

    assert moved["updater"].keys() == {"workflow"}
    assert "message" not in moved
    entries = [one for one in log["incident_activity_log_entries"] if one["occurred_at"] == at(60)]
    assert [one["type"] for one in entries] == ["status_change", "incident_update"]
    assert entries[0]["content"]["status_change"]["updater"] == moved["updater"]


def test_a_move_within_begins_anew(paced: Api, watch: Watch) -> None:
    """The time counts from when the status that it is in was entered."""
    incident = learning(paced, "Reviewing")
    watch.passes(30)
    paced.edit(incident, incident_status_id=paced.status("Documenting"))
    watch.passes(59)

    assert status(paced, incident) == "Documenting"
    watch.passes(1)
    assert status(paced, incident) == "Reviewing"


def test_people_win(paced: Api, watch: Watch) -> None:
    """Who closes an incident, pauses or reopens it, ends that: it stays where they brought it."""
    for name in ("Closed", "Paused", "Fixing", "Canceled"):
        incident = learning(paced)
        watch.passes(59)
        paced.as_person("bob@example.com").edit(incident, incident_status_id=paced.status(name))
        watch.passes(3600)

        assert status(paced, incident) == name
        assert live(paced, incident)["updated_at"] < at((watch.now - START).total_seconds() - 3599)


def test_an_update_without_a_move_changes_nothing(paced: Api, watch: Watch) -> None:
    """Neither does an edit: the task is as far as it is."""
    incident = learning(paced)
    watch.passes(40)
    updated(paced, incident, message="Half of it is written.")
    paced.edit(incident, summary="Half of it is written.")
    watch.passes(20)

    assert status(paced, incident) == "Reviewing"


def test_statuses_that_were_added_are_gone_through(paced: Api, watch: Watch) -> None:
    """By rank, as the lifecycle is when the time comes; the first closed one is the end."""
    for name, category, rank in (("Sharing", "learning", 7), ("Archived", "closed", 0)):
        body = {"name": name, "category": category, "rank": rank, "description": ""}
        assert paced.post("/v1/incident_statuses", json=body).status_code == 201
    incident = learning(paced, "Reviewing")

    watch.passes(60)
    assert status(paced, incident) == "Sharing"
    watch.passes(60)
    assert status(paced, incident) == "Archived"


def test_private_incidents_move_as_well(paced: Api, watch: Watch) -> None:
    """Whoever asks: the server sees them all."""
    incident = paced.declare(visibility="private", incident_status_id=paced.status("Documenting"))
    watch.passes(60)
    paced.as_key("sandbox-viewer").get("/v2/incidents")

    assert [one["created_at"] for one in paced.updates(incident)] == [at(60)]


def test_a_read_is_a_read(paced: Api, watch: Watch) -> None:
    """The request that happens to come when the time has come is logged as one that changed nothing."""
    incident = learning(paced)
    watch.passes(60)

    assert status(paced, incident) == "Reviewing"
    assert not paced.app.requests()[-1]["changed"]


def test_nothing_moves_unless_asked_for(watch: Watch, make_api: Maker) -> None:
    """Without a pace an incident stays where it is."""
    api = make_api()
    incident = learning(api)
    watch.passes(10**6)

    assert status(api, incident) == "Documenting"
    assert len(api.updates(incident)) == 1


def test_a_pace_may_come_later(watch: Watch, make_api: Maker, tmp_path: Path) -> None:
    """A data file that is served with a pace later moves on from when its incidents entered their status."""
    data = tmp_path / "data.db"
    api = make_api(data=data)
    incident = learning(api)
    watch.passes(90)
    summed = api.edit(incident, summary="Known")
    api.app.close()
    paced = make_api(data=data, behaviour=PACE)

    now = live(paced, incident)

    assert now["incident_status"]["name"] == "Reviewing"
    assert now["updated_at"] == summed["updated_at"] == at(90)
