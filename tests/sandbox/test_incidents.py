import time
from typing import Any

import pytest

from .conftest import Api, problems

Json = dict[str, Any]


def _values(incident: Json, name: str) -> list[Json]:
    (entry,) = (e for e in incident["custom_field_entries"] if e["custom_field"]["name"] == name)
    values: list[Json] = entry["values"]
    return values


def _assignee(incident: Json, name: str) -> str | None:
    (entry,) = (e for e in incident["incident_role_assignments"] if e["role"]["name"] == name)
    return entry["assignee"]["email"] if "assignee" in entry else None


def test_a_new_incident_shows_what_was_asked(api: Api) -> None:
    """Name, summary, severity, mode, visibility, reference and link are there; so are all roles, fields, timestamps."""
    api.declare()

    incident = api.declare(name="Search is down", summary="All of it.", mode="test", slack_team_id="T1")

    assert incident["reference"] == "INC-2"
    assert incident["permalink"] == "https://app.incident.io/sandbox/incidents/2"
    assert (incident["name"], incident["summary"]) == ("Search is down", "All of it.")
    assert (incident["mode"], incident["visibility"]) == ("test", "public")
    assert incident["slack_team_id"] == "T1"
    assert incident["creator"]["api_key"]["name"] == "sandbox"
    assert incident["created_at"] == incident["updated_at"] == incident["last_activity_at"]
    assert len(incident["incident_role_assignments"]) == 3
    assert len(incident["custom_field_entries"]) == 5
    assert len(incident["incident_timestamp_values"]) == 5


def test_an_incident_declared_by_a_person_is_theirs(api: Api) -> None:
    """The creator and the reporter are the person on whose behalf the request was."""
    incident = api.as_person("alice@example.com").declare()

    assert incident["creator"]["user"]["email"] == "alice@example.com"
    assert _assignee(incident, "Reporter") == "alice@example.com"


def test_the_slack_channel_comes_a_moment_later(api: Api) -> None:
    """At creation the channel's ID is empty; soon it is there, with a name."""
    incident = api.declare(slack_channel_name_override="Checkout Slow!")
    assert incident["slack_channel_id"] == ""

    time.sleep(0.6)

    later = api.get("/v2/incidents/1").json()["incident"]
    assert later["slack_channel_id"].startswith("C0")
    assert later["slack_channel_name"] == "checkout-slow"


def test_an_incident_is_shown_by_id_and_by_number(api: Api) -> None:
    """123 stands for INC-123."""
    incident = api.declare()

    by_id, by_number = api.get(f"/v2/incidents/{incident['id']}"), api.get("/v2/incidents/1")

    assert by_id.json()["incident"]["id"] == by_number.json()["incident"]["id"] == incident["id"]


@pytest.mark.parametrize("identifier", ["01NOTHERE", "2", "9" * 40, "INC-1", "²"])
def test_an_unknown_incident_is_not_found(api: Api, identifier: str) -> None:
    """Neither an unknown ID nor a number that nothing has."""
    api.declare()

    assert api.get(f"/v2/incidents/{identifier}").status_code == 404


def test_every_custom_field_type_is_kept(api: Api) -> None:
    """Text, link, number, option and catalog entries (by external ID and alias) come back as objects."""
    option = api.get("/v1/custom_field_options", params={"custom_field_id": api.field("Detection method")}).json()
    values: dict[str, list[Json]] = {
        "Root cause": [{"value_text": "A bad deploy"}],
        "Runbook": [{"value_link": "https://runbooks.example.com/1"}],
        "Customers affected": [{"value_numeric": "120"}],
        "Detection method": [{"value_option_id": option["custom_field_options"][1]["id"]}],
        "Affected services": [
            {"value_catalog_entry_id": "service-checkout"},
            {"value_catalog_entry_id": "billing"},
        ],
    }
    entries = [{"custom_field_id": api.field(name), "values": given} for name, given in values.items()]

    incident = api.declare(custom_field_entries=entries)

    assert _values(incident, "Root cause") == [{"value_text": "A bad deploy"}]
    assert _values(incident, "Runbook") == [{"value_link": "https://runbooks.example.com/1"}]
    assert _values(incident, "Customers affected") == [{"value_numeric": "120"}]
    assert _values(incident, "Detection method")[0]["value_option"]["value"] == "Customer report"
    names = [value["value_catalog_entry"]["name"] for value in _values(incident, "Affected services")]
    assert names == ["Checkout", "Payments"]


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("Root cause", [{"value_link": "https://a.example"}], "values.0"),
        ("Root cause", [{"value_text": "a"}, {"value_text": "b"}], "values"),
        ("Runbook", [{"value_link": "not a link"}], "values.0.value_link"),
        ("Customers affected", [{"value_numeric": "many"}], "values.0.value_numeric"),
        ("Customers affected", [{"value_numeric": "1e999"}], "values.0.value_numeric"),
        ("Detection method", [{"value_option_id": "01NOTHERE"}], "values.0.value_option_id"),
        ("Affected services", [{"value_catalog_entry_id": "Checkout"}], "values.0.value_catalog_entry_id"),
        (
            "Affected services",
            [{"value_catalog_entry_id": "cart"}, {"value_catalog_entry_id": "checkout"}],
            "values",
        ),
    ],
)
def test_a_wrong_custom_field_value_is_refused(api: Api, name: str, values: list[Json], field: str) -> None:
    """The place of the value is named; a catalog entry is not found by its name."""
    response = api.declared(custom_field_entries=[{"custom_field_id": api.field(name), "values": values}])

    assert response.status_code == 422
    assert problems(response)[0][1] == f"custom_field_entries.0.{field}"


def test_an_edit_changes_only_what_it_is_given(api: Api) -> None:
    """Other fields, and other custom fields, stay."""
    cause, link = api.field("Root cause"), api.field("Runbook")
    incident = api.declare(
        summary="Slow.", custom_field_entries=[{"custom_field_id": cause, "values": [{"value_text": "Unknown"}]}]
    )
    entry = {"custom_field_id": link, "values": [{"value_link": "https://runbooks.example.com/1"}]}

    edited = api.edit(incident, name="Checkout is down", custom_field_entries=[entry])

    assert (edited["name"], edited["summary"]) == ("Checkout is down", "Slow.")
    assert _values(edited, "Root cause") == [{"value_text": "Unknown"}]
    assert _values(edited, "Runbook") != []
    assert edited["updated_at"] > incident["updated_at"]


def test_no_values_unset_a_custom_field(api: Api) -> None:
    """An empty list is how a field is emptied."""
    cause = api.field("Root cause")
    incident = api.declare(custom_field_entries=[{"custom_field_id": cause, "values": [{"value_text": "Unknown"}]}])

    edited = api.edit(incident, custom_field_entries=[{"custom_field_id": cause, "values": []}])

    assert _values(edited, "Root cause") == []


@pytest.mark.parametrize("assignee", [{"email": "Carol@Example.com"}, {"slack_user_id": "U0CAROL"}])
def test_a_role_is_assigned_and_unassigned(api: Api, assignee: Json) -> None:
    """By e-mail or Slack ID; without an assignee nobody has it."""
    lead = api.role("Incident Lead")

    incident = api.declare(incident_role_assignments=[{"incident_role_id": lead, "assignee": assignee}])
    edited = api.edit(incident, incident_role_assignments=[{"incident_role_id": lead}])

    assert _assignee(incident, "Incident Lead") == "carol@example.com"
    assert _assignee(edited, "Incident Lead") is None


def test_the_reporter_is_assigned_only_at_creation(api: Api) -> None:
    """A create may name the reporter, an edit may not."""
    assignment = {"incident_role_id": api.role("Reporter"), "assignee": {"email": "dave@example.com"}}

    incident = api.declare(incident_role_assignments=[assignment])
    response = api.edited(incident, incident_role_assignments=[assignment])

    assert _assignee(incident, "Reporter") == "dave@example.com"
    assert (response.status_code, problems(response)) == (422, [("invalid_value", "incident_role_assignments")])


@pytest.mark.parametrize("assignee", [{"email": "nobody@example.com"}, {"email": "erin@example.com"}])
def test_a_role_goes_to_active_users_only(api: Api, assignee: Json) -> None:
    """Neither somebody unknown nor somebody who has left."""
    assignment = {"incident_role_id": api.role("Incident Lead"), "assignee": assignee}

    response = api.declared(incident_role_assignments=[assignment])

    assert problems(response) == [("not_found", "incident_role_assignments.0.assignee")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity_id", "01NOTHERE"),
        ("incident_status_id", "01NOTHERE"),
        ("incident_type_id", "01NOTHERE"),
        ("mode", "drill"),
        ("visibility", "secret"),
        ("name", 7),
        ("idempotency_key", ""),
        ("call_url", "https://meet.example.com"),
    ],
)
def test_a_wrong_field_of_a_create_is_named(api: Api, field: str, value: Any) -> None:
    """References, enums, types and unknown fields are a 422 on the field."""
    response = api.declared(**{field: value})

    assert response.status_code == 422
    assert [place for _, place in problems(response)] == [field]


def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    """What can be told from the body alone is told together."""
    response = api.post("/v2/incidents", json={"name": 7, "mode": "drill"})

    assert {field for _, field in problems(response)} == {"idempotency_key", "visibility", "name", "mode"}


@pytest.mark.parametrize("field", ["name", "severity_id", "incident_status_id", "call_url"])
def test_some_fields_cannot_be_unset(api: Api, field: str) -> None:
    """An empty text for them is a 422; for the summary it is not."""
    incident = api.declare(summary="Slow.")

    response = api.edited(incident, **{field: ""})

    assert (response.status_code, problems(response)) == (422, [("is_required", field)])
    assert "summary" not in api.edit(incident, summary="")


@pytest.mark.parametrize("field", ["incident_type_id", "mode", "visibility", "slack_team_id", "id"])
def test_some_fields_are_not_for_edits(api: Api, field: str) -> None:
    """What is fixed at creation is an unknown field to the edit."""
    response = api.edited(api.declare(), **{field: "private"})

    assert problems(response) == [("unknown_field", field)]


def test_an_edit_says_whether_the_channel_is_told(api: Api) -> None:
    """Both parts of the body are required."""
    incident = api.declare()

    response = api.post(f"/v2/incidents/{incident['id']}/actions/edit", json={"incident": {}})

    assert problems(response) == [("is_required", "notify_incident_channel")]


def test_retrospective_options_are_for_retrospective_incidents(api: Api) -> None:
    """A past incident takes its channel and its document; another mode is refused, and so is an external ID."""
    options = {"slack_channel_id": "C123", "postmortem_document_url": "https://docs.example.com/1"}

    incident = api.declare(mode="retrospective", retrospective_incident_options=options)
    wrong_mode = api.declared(retrospective_incident_options=options)
    external = api.declared(mode="retrospective", retrospective_incident_options={"external_id": 7})

    assert incident["slack_channel_id"] == "C123"
    assert incident["postmortem_document_url"] == "https://docs.example.com/1"
    assert problems(wrong_mode)[0][1] == "retrospective_incident_options"
    assert problems(external)[0][1] == "retrospective_incident_options.external_id"


def test_the_activity_log_says_who_changed_what(api: Api) -> None:
    """Each edit is there, oldest first, with its actor, old and new."""
    bob = api.as_person("bob@example.com")
    incident = api.declare()
    lead = {"incident_role_id": api.role("Incident Lead"), "assignee": {"email": "bob@example.com"}}
    cause = {"custom_field_id": api.field("Root cause"), "values": [{"value_text": "DNS"}]}
    bob.edit(incident, name="New", summary="Told", severity_id=api.severity("Major"))
    bob.edit(incident, incident_role_assignments=[lead], custom_field_entries=[cause])

    answer = api.get("/v2/incident_activity_log_entries", params={"incident_id": incident["id"]}).json()

    entries = answer["incident_activity_log_entries"]
    types = [entry["type"] for entry in entries]
    assert types == [
        "status_change",
        "incident_rename",
        "summary_update",
        "incident_update",
        "custom_field_value_update",
        "role_update",
    ]
    assert entries[0]["content"]["status_change"]["updater"].keys() == {"api_key"}
    assert entries[3]["content"]["incident_update"]["previous_severity"]["name"] == "Minor"
    assert all(entry["content"][entry["type"]]["updater"].keys() == {"user"} for entry in entries[1:])


def test_activity_log_entries_are_picked_by_id(api: Api) -> None:
    """The parameter `id` may be given several times."""
    incident = api.declare()
    api.edit(incident, name="A", summary="B")
    params = {"incident_id": incident["id"]}
    path = "/v2/incident_activity_log_entries"
    ids = [entry["id"] for entry in api.get(path, params=params).json()["incident_activity_log_entries"]]

    picked = api.get(path, params={**params, "id": [ids[0], ids[2], "01NOTHERE"]}).json()

    assert [entry["id"] for entry in picked["incident_activity_log_entries"]] == [ids[0], ids[2]]
