from typing import Any

import pytest

from reconciler.sandbox.incidents.edit import BODY, ROOT

from .conftest import Api

Json = dict[str, Any]

PATH = "/v2/incident_activity_log_entries"


def _log(api: Api, incident: Json, **params: Any) -> list[Json]:
    answer = api.get(PATH, params={"incident_id": incident["id"], "page_size": 250, **params}).json()
    entries: list[Json] = answer["incident_activity_log_entries"]
    return entries


def _edits(api: Api) -> dict[str, tuple[Any, list[str]]]:
    """Return for each field of an edit a value that changes it, and the types of the entries that it leaves."""
    bob = {"email": "bob@example.com"}
    lead, cause = api.role("Incident Lead"), api.field("Root cause")
    resolved = api.id_of("/v2/incident_timestamps", "Resolved at")
    return {
        "name": ("Renamed", ["incident_rename"]),
        "summary": ("Told", ["summary_update"]),
        "call_url": ("https://meet.example.com/1", ["call_url_changed"]),
        "severity_id": (api.severity("Critical"), ["incident_update"]),
        "incident_status_id": (api.status("Fixing"), ["status_change", "incident_update"]),
        "custom_field_entries": (
            [{"custom_field_id": cause, "values": [{"value_text": "DNS"}]}],
            ["custom_field_value_update"],
        ),
        "incident_role_assignments": ([{"incident_role_id": lead, "assignee": bob}], ["role_update"]),
        "incident_timestamp_values": (
            [{"incident_timestamp_id": resolved, "value": "2026-11-20T10:00:00Z"}],
            ["incident_timestamp_set"],
        ),
        # The document has no entry for a channel that is renamed.
        "slack_channel_name_override": ("inc-dns", []),
    }


def test_every_field_that_an_edit_changes_leaves_an_entry(api: Api) -> None:
    """By the person who made it, and at the time of the edit."""
    carol = api.as_person("carol@example.com")
    edits = _edits(api)
    left = {}

    for field, (value, _) in edits.items():
        incident = api.declare()
        edited = carol.edit(incident, **{field: value})
        entries = _log(api, incident)[1:]
        left[field] = [entry["type"] for entry in entries]
        assert all(entry["occurred_at"] == edited["updated_at"] for entry in entries)
        users = [entry["content"][entry["type"]]["updater"]["user"] for entry in entries if "content" in entry]
        assert all(user["email"] == "carol@example.com" for user in users)

    inner = BODY.fields[ROOT].fields  # type: ignore[attr-defined]
    assert edits.keys() == inner.keys()
    assert left == {field: types for field, (_, types) in edits.items()}


def test_an_edit_to_what_is_leaves_no_entry(api: Api) -> None:
    """The same edit a second time is no change."""
    incident = api.declare()
    edit = {field: value for field, (value, _) in _edits(api).items()}
    api.edit(incident, **edit)
    before = _log(api, incident)

    api.edit(incident, **edit)

    assert _log(api, incident) == before


def test_an_entry_holds_the_old_and_the_new(api: Api) -> None:
    """Names, summaries, values, people and moments; what was not there before is absent."""
    incident = api.declare(name="Slow")
    edits = _edits(api)
    told = {field: edits[field][0] for field in edits if field not in ("severity_id", "incident_status_id")}

    api.edit(incident, **told)

    facts = {entry["type"]: entry["content"][entry["type"]] for entry in _log(api, incident) if "content" in entry}
    rename, summary, assigned = facts["incident_rename"], facts["summary_update"], facts["role_update"]
    assert (rename["previous_name"], rename["new_name"]) == ("Slow", "Renamed")
    assert (summary["previous_summary"], summary["new_summary"]) == ("", "Told")
    assert (assigned["role"]["name"], assigned["new_assignee"]["email"]) == ("Incident Lead", "bob@example.com")
    assert "previous_assignee" not in assigned
    field = facts["custom_field_value_update"]
    assert (field["previous_values"], field["new_values"]) == ([], [{"value_text": "DNS"}])
    assert (field["previous_values_count"], field["new_values_count"]) == (0, 1)
    timestamp = facts["incident_timestamp_set"]
    assert (timestamp["incident_timestamp"]["name"], timestamp["new_value"]) == ("Resolved at", "2026-11-20T10:00:00Z")
    assert "previous_value" not in timestamp


def test_what_is_unset_leaves_an_entry_too(api: Api) -> None:
    """A role without an assignee, a field without values, a timestamp without a value."""
    incident = api.declare()
    edits = _edits(api)
    fields = ("incident_role_assignments", "custom_field_entries", "incident_timestamp_values")
    api.edit(incident, **{field: edits[field][0] for field in fields})
    entry = {"custom_field_id": api.field("Root cause"), "values": []}

    api.edit(
        incident,
        custom_field_entries=[entry],
        incident_role_assignments=[{"incident_role_id": api.role("Incident Lead")}],
        incident_timestamp_values=[{"incident_timestamp_id": api.id_of("/v2/incident_timestamps", "Resolved at")}],
    )

    field, role, timestamp = _log(api, incident)[-3:]
    assert field["content"]["custom_field_value_update"]["new_values"] == []
    assert role["content"]["role_update"].keys() == {"role", "previous_assignee", "updater"}
    assert (timestamp["type"], timestamp["title"]) == ("incident_timestamp_set", "Resolved at unset")


def test_pages_hold_every_entry_once_oldest_first(api: Api) -> None:
    """Following `after` to its end meets all of them."""
    incident = api.declare()
    for number in range(5):
        api.edit(incident, name=f"{number}")
    seen: list[Json] = []
    params: dict[str, Any] = {"incident_id": incident["id"], "page_size": 2}

    while True:
        answer = api.get(PATH, params=params).json()
        seen += answer["incident_activity_log_entries"]
        if "after" not in answer["pagination_meta"]:
            break
        params["after"] = answer["pagination_meta"]["after"]

    assert seen == _log(api, incident)
    assert [entry["title"] for entry in seen[1:]] == [f"Renamed to {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 422),
        ({"incident_id": "01NOTHERE"}, 404),
        ({"incident_id": "1"}, 404),
    ],
)
def test_a_log_is_of_one_incident(api: Api, params: Json, status: int) -> None:
    """Named by its ID."""
    api.declare()

    assert api.get(PATH, params=params).status_code == status


def test_the_log_of_a_private_incident_is_hidden(api: Api) -> None:
    """From a key without global access."""
    incident = api.declare(visibility="private")

    assert api.as_key("sandbox-editor").get(PATH, params={"incident_id": incident["id"]}).status_code == 404
