from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Api, problems

Json = dict[str, Any]

ALLOWED = [
    ("Investigating", "Fixing"),
    ("Monitoring", "Investigating"),
    ("Fixing", "Documenting"),
    ("Fixing", "Closed"),
    ("Triage", "Reviewing"),
    ("Triage", "Closed"),
    ("Documenting", "Reviewing"),
    ("Reviewing", "Closed"),
]
FORBIDDEN = [
    ("Triage", "Investigating"),
    ("Triage", "Declined"),
    ("Investigating", "Triage"),
    ("Investigating", "Paused"),
    ("Investigating", "Canceled"),
    ("Investigating", "Merged"),
    ("Documenting", "Fixing"),
    ("Closed", "Fixing"),
    ("Closed", "Documenting"),
    ("Paused", "Fixing"),
    ("Paused", "Closed"),
    ("Declined", "Investigating"),
    ("Canceled", "Closed"),
    ("Merged", "Closed"),
]


def _in_status(api: Api, name: str) -> Json:
    return api.as_person("bob@example.com").edit(api.declare(), incident_status_id=api.status(name))


def _timestamps(incident: Json) -> set[str]:
    entries = incident["incident_timestamp_values"]
    return {entry["incident_timestamp"]["name"] for entry in entries if "value" in entry}


@pytest.mark.parametrize(("before", "after"), ALLOWED)
def test_a_documented_move_is_made(api: Api, before: str, after: str) -> None:
    """Moves within a category, out of triage and live to the end, and from learning to closed work."""
    incident = _in_status(api, before)

    moved = api.edit(incident, incident_status_id=api.status(after))

    assert moved["incident_status"]["name"] == after


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_any_other_move_is_refused_by_the_edit(api: Api, before: str, after: str) -> None:
    """An edit that asks for a move which the API does not have is a 422 on the status, and changes nothing."""
    incident = _in_status(api, before)

    response = api.edited(incident, incident_status_id=api.status(after), name="Renamed")

    assert response.status_code == 422
    assert problems(response) == [("invalid_status_transition", "incident_status_id")]
    assert response.json()["errors"][0]["source"]["pointer"] == "/incident/incident_status_id"
    assert api.get(f"/v2/incidents/{incident['id']}").json()["incident"]["name"] == "Checkout is slow"


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_any_other_move_is_refused_by_the_update(api: Api, before: str, after: str) -> None:
    """An update has the rules of the edit."""
    incident = _in_status(api, before)
    earlier = api.updates(incident)

    response = api.updated(incident, message="Moving", to_incident_status_id=api.status(after))

    assert response.status_code == 422
    assert problems(response) == [("invalid_status_transition", "to_incident_status_id")]
    assert api.updates(incident) == earlier


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_a_person_makes_any_move(api: Api, before: str, after: str) -> None:
    """What the API cannot do, people can do in the dashboard."""
    incident = _in_status(api, before)

    moved = api.as_person("carol@example.com").edit(incident, incident_status_id=api.status(after))

    assert moved["incident_status"]["name"] == after


@pytest.mark.parametrize("name", ["Investigating", "Monitoring", "Documenting", "Closed"])
def test_an_incident_begins_where_it_is_told_to(api: Api, name: str) -> None:
    """Live, post-incident and closed statuses are for beginnings."""
    incident = api.declare(incident_status_id=api.status(name))

    assert incident["incident_status"]["name"] == name


@pytest.mark.parametrize("name", ["Triage", "Paused", "Declined", "Canceled", "Merged"])
def test_an_incident_does_not_begin_elsewhere(api: Api, name: str) -> None:
    """Other statuses are a 422 on the status."""
    response = api.declared(incident_status_id=api.status(name))

    assert (response.status_code, problems(response)) == (422, [("invalid_status", "incident_status_id")])


def test_an_incident_begins_in_the_first_live_status(api: Api) -> None:
    """Without a status, the live one of lowest rank is taken."""
    assert api.declare()["incident_status"]["name"] == "Investigating"


def test_a_type_may_send_every_incident_through_triage(api: Api) -> None:
    """Where the type always creates in triage, the status that was sent does not count, nor is a severity needed."""
    with api.app.store.writing() as transaction:
        (default, _) = transaction.organisation.all("incident_type")
        transaction.configure("incident_type", default["id"], default | {"create_in_triage": "always"})

    incident = api.declare(incident_status_id=api.status("Fixing"), severity_id=None)

    assert incident["incident_status"]["category"] == "triage"
    assert "severity" not in incident


def test_an_active_incident_needs_a_severity(api: Api) -> None:
    """Without one, the answer is the document's own example of an error."""
    response = api.declared(severity_id=None)

    assert (response.status_code, problems(response)) == (422, [("is_required", "severity_id")])


def test_a_closed_incident_needs_no_severity(api: Api) -> None:
    """Only opening an active incident takes one."""
    assert "severity" not in api.declare(severity_id=None, incident_status_id=api.status("Closed"))


def test_a_private_type_takes_no_public_incident(api: Api) -> None:
    """The visibility is what is wrong."""
    security = api.id_of("/v1/incident_types", "Security")

    response = api.declared(incident_type_id=security)

    assert (response.status_code, problems(response)) == (422, [("invalid_value", "visibility")])
    assert api.declare(incident_type_id=security, visibility="private")["visibility"] == "private"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Fixing", {"Reported at", "Accepted at"}),
        ("Documenting", {"Reported at", "Resolved at"}),
        ("Closed", {"Reported at", "Resolved at", "Closed at"}),
    ],
)
def test_the_first_status_sets_timestamps(api: Api, name: str, expected: set[str]) -> None:
    """An incident that begins somewhere has reached what leads there."""
    assert _timestamps(api.declare(incident_status_id=api.status(name))) == expected


def test_moves_set_timestamps(api: Api) -> None:
    """Each category that is entered leaves its moment."""
    incident = api.declare()

    documenting = api.edit(incident, incident_status_id=api.status("Documenting"))
    closed = api.edit(incident, incident_status_id=api.status("Closed"))

    assert _timestamps(documenting) == {"Reported at", "Accepted at", "Resolved at"}
    assert _timestamps(closed) == {"Reported at", "Accepted at", "Resolved at", "Closed at"}
    assert documenting["incident_timestamp_values"][3] == closed["incident_timestamp_values"][3]


def test_declining_sets_its_timestamp(api: Api) -> None:
    """Only people decline, and then the moment is kept."""
    assert "Declined at" in _timestamps(_in_status(api, "Declined"))


def test_a_stated_timestamp_wins_over_the_move(api: Api) -> None:
    """One edit with a move and a moment keeps the moment that was stated."""
    closed_at = api.id_of("/v2/incident_timestamps", "Closed at")
    stated = {"incident_timestamp_id": closed_at, "value": "2026-11-20T10:12:00+01:00"}

    closed = api.edit(api.declare(), incident_status_id=api.status("Closed"), incident_timestamp_values=[stated])

    (entry,) = (v for v in closed["incident_timestamp_values"] if v["incident_timestamp"]["id"] == closed_at)
    assert entry["value"] == {"value": "2026-11-20T09:12:00Z"}


Act = Callable[[Api, Json], object]


@pytest.mark.parametrize(
    "act",
    [
        lambda api, incident: api.edit(incident, incident_status_id=api.status("Fixing")),
        lambda api, incident: api.edit(incident, severity_id=api.severity("Major")),
    ],
    ids=["status", "severity"],
)
def test_an_edit_that_moves_leaves_one_update(api: Api, act: Act) -> None:
    """Status and severity changes made by the edit are in the list of updates, without a message."""
    incident = api.declare()

    act(api, incident)

    (update,) = api.updates(incident)
    assert update["updater"]["api_key"]["name"] == "sandbox"
    assert "message" not in update


def test_an_edit_of_both_leaves_a_single_update(api: Api) -> None:
    """One edit is one update."""
    incident = api.declare()

    api.edit(incident, incident_status_id=api.status("Fixing"), severity_id=api.severity("Major"))

    (update,) = api.updates(incident)
    assert (update["new_incident_status"]["name"], update["new_severity"]["name"]) == ("Fixing", "Major")


def test_an_edit_to_what_is_leaves_no_update(api: Api) -> None:
    """The same status and severity again are no change."""
    incident = api.declare()

    api.edit(incident, incident_status_id=incident["incident_status"]["id"], severity_id=incident["severity"]["id"])

    assert api.updates(incident) == []
    assert not api.app.requests()[-2]["changed"]


def test_a_move_by_a_person_is_theirs(api: Api) -> None:
    """The updater is the person on whose behalf the request was."""
    incident = _in_status(api, "Paused")

    (update,) = api.updates(incident)

    assert update["updater"]["user"]["email"] == "bob@example.com"
    assert update["updater"].keys() == {"user"}


@pytest.mark.parametrize("mode", ["standard", "test", "retrospective", "tutorial"])
@pytest.mark.parametrize("severity", [None, ""])
def test_an_active_incident_of_any_mode_needs_a_severity(api: Api, mode: str, severity: str | None) -> None:
    """Also one that nobody is told of, and an empty one is none."""
    response = api.declared(mode=mode, severity_id=severity)

    assert (response.status_code, problems(response)) == (422, [("is_required", "severity_id")])
    assert api.declare(mode=mode)["mode"] == mode


def _item(api: Api, incident: Json) -> object:
    body = {"incident_id": incident["id"], "idempotency_key": "one", "timestamp": "2026-11-20T09:05:00Z", "title": "x"}
    return api.post("/v2/incident_timeline_items", json=body)


TIMES = ("created_at", "updated_at", "last_activity_at")
HAPPENS: dict[str, tuple[Act, set[str]]] = {
    "nothing": (lambda api, _: api.get("/v2/incidents"), set()),
    "an edit to what it is": (lambda api, incident: api.edit(incident, name=incident["name"]), set()),
    "an edit": (lambda api, incident: api.edit(incident, summary="Known"), {"updated_at", "last_activity_at"}),
    "a move": (
        lambda api, incident: api.edit(incident, incident_status_id=api.status("Fixing")),
        {"updated_at", "last_activity_at"},
    ),
    "an update with a move": (
        lambda api, incident: api.updated(incident, to_severity_id=api.severity("Major")),
        {"updated_at", "last_activity_at"},
    ),
    "an update": (lambda api, incident: api.updated(incident, message="Told"), {"last_activity_at"}),
    "a timeline item": (_item, {"last_activity_at"}),
    "a refused edit": (lambda api, incident: api.edited(incident, summary="Known", severity_id="01NOTHERE"), set()),
}


@pytest.mark.parametrize("what", HAPPENS)
def test_times_move_with_what_happens(api: Api, what: str) -> None:
    """A new incident has one time in all three places; what changes it moves two of them, what is told of it one."""
    act, moved = HAPPENS[what]
    before = api.declare()

    act(api, before)

    after = api.get(f"/v2/incidents/{before['id']}").json()["incident"]
    assert len({before[name] for name in TIMES}) == 1
    assert {name for name in TIMES if after[name] > before[name]} == moved
    assert {name for name in TIMES if after[name] < before[name]} == set()


def test_a_field_that_another_is_filtered_by_is_in_use(api: Api) -> None:
    """It can be deleted when nothing refers to it any more."""
    catalog_type = api.get("/v3/catalog_types").json()["catalog_types"][0]
    attribute = catalog_type["schema"]["attributes"][0]["id"]
    method = api.field("Detection method")
    filtered = {"filter_by": {"catalog_attribute_id": attribute, "custom_field_id": method}}
    body = {"name": "Team", "description": "", "field_type": "single_select", "catalog_type_id": catalog_type["id"]}
    other = api.post("/v2/custom_fields", json=body | filtered).json()["custom_field"]

    refused = api.delete(f"/v2/custom_fields/{method}")

    assert (refused.status_code, problems(refused)) == (422, [("in_use", "id")])
    assert api.delete(f"/v2/custom_fields/{other['id']}").status_code == 204
    assert api.delete(f"/v2/custom_fields/{method}").status_code == 204
