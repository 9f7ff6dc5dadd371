from typing import Any

import pytest

from .conftest import Api, problems

Json = dict[str, Any]


def test_an_update_carries_a_message_a_status_and_a_severity(api: Api) -> None:
    """It moves the incident, and is told with what it moved to and by whom."""
    incident = api.declare()

    response = api.updated(
        incident, message="Fixed.", to_incident_status_id=api.status("Monitoring"), to_severity_id=api.severity("Major")
    )

    update = response.json()["incident_update"]
    assert response.status_code == 201
    assert (update["message"], update["new_incident_status"]["name"]) == ("Fixed.", "Monitoring")
    assert update["new_severity"]["name"] == "Major"
    assert update["updater"]["api_key"]["name"] == "sandbox"
    shown = api.get("/v2/incidents/1").json()["incident"]
    assert (shown["incident_status"]["name"], shown["severity"]["name"]) == ("Monitoring", "Major")
    assert len(api.updates(incident)) == 1


@pytest.mark.parametrize("fields", [{}, {"message": ""}])
def test_an_update_says_something(api: Api, fields: Json) -> None:
    """At least one of message, status and severity is needed."""
    response = api.updated(api.declare(), **fields)

    assert (response.status_code, problems(response)) == (422, [("is_required", "message")])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"incident_id": "01NOTHERE", "message": "x"}, "incident_id"),
        ({"incident_id": "1", "message": "x"}, "incident_id"),
        ({"to_incident_status_id": "01NOTHERE"}, "to_incident_status_id"),
        ({"to_severity_id": "01NOTHERE"}, "to_severity_id"),
        ({"idempotency_key": "", "message": "x"}, "idempotency_key"),
        ({"text": "x"}, "text"),
    ],
)
def test_a_wrong_field_of_an_update_is_named(api: Api, fields: Json, field: str) -> None:
    """Unknown references and fields are a 422 on the field."""
    response = api.updated(api.declare(), **fields)

    assert response.status_code == 422
    assert problems(response)[0][1] == field


def test_updates_are_listed_for_one_incident_and_for_all(api: Api) -> None:
    """Newest first, in pages."""
    one, other = api.declare(), api.declare()
    for incident, message in ((one, "a"), (other, "b"), (one, "c")):
        api.updated(incident, message=message)
    path = "/v2/incident_updates"

    first = api.get(path, params={"page_size": 2}).json()
    second = api.get(path, params={"page_size": 2, "after": first["pagination_meta"]["after"]}).json()

    assert [update["message"] for update in api.updates(one)] == ["c", "a"]
    assert [u["message"] for page in (first, second) for u in page["incident_updates"]] == ["c", "b", "a"]
    assert "after" not in second["pagination_meta"]


def test_updates_of_an_unknown_incident_are_not_found(api: Api) -> None:
    """Listing them is a 404."""
    assert api.get("/v2/incident_updates", params={"incident_id": "01NOTHERE"}).status_code == 404


def _item(api: Api, incident: Json, at: str, title: str, **fields: Any) -> Json:
    body = {"incident_id": incident["id"], "timestamp": at, "title": title, "idempotency_key": title, **fields}
    response = api.post("/v2/incident_timeline_items", json=body)
    assert response.status_code == 201, response.text
    item: Json = response.json()["incident_timeline_item"]
    return item


def _titles(api: Api, incident: Json) -> list[str]:
    answer = api.get("/v2/incident_timeline_items", params={"incident_id": incident["id"]}).json()
    return [item["title"] for item in answer["incident_timeline_items"]]


def test_timeline_items_are_in_the_order_of_their_moments(api: Api) -> None:
    """Not in that of their making; zones do not confuse it."""
    incident = api.declare()

    _item(api, incident, "2026-11-20T09:12:00.5Z", "second")
    _item(api, incident, "2026-11-20T10:12:00+01:00", "first")
    _item(api, incident, "2026-11-20T09:13:00Z", "third")

    assert _titles(api, incident) == ["first", "second", "third"]


def test_a_timeline_item_is_edited(api: Api) -> None:
    """Fields left out stay, an empty description goes, and a new moment moves it."""
    incident = api.declare()
    item = _item(api, incident, "2026-11-20T09:12:00Z", "deploy", description="4821")
    _item(api, incident, "2026-11-20T09:13:00Z", "alert")

    path = f"/v2/incident_timeline_items/{item['id']}"
    edited = api.patch(path, json={"timestamp": "2026-11-20T09:14:00Z", "description": ""}).json()

    assert "description" not in edited["incident_timeline_item"]
    assert edited["incident_timeline_item"]["title"] == "deploy"
    assert edited["incident_timeline_item"]["timestamp"] == "2026-11-20T09:14:00Z"
    assert _titles(api, incident) == ["alert", "deploy"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"timestamp": "2026-11-20"}, "timestamp"),
        ({"timestamp": "2026-11-20T09:12:00"}, "timestamp"),
        ({"timestamp": "2026-13-20T09:12:00Z"}, "timestamp"),
        ({"timestamp": 7}, "timestamp"),
        ({"title": ""}, "title"),
        ({"at": "now"}, "at"),
    ],
)
def test_a_wrong_field_of_a_timeline_item_is_named(api: Api, fields: Json, field: str) -> None:
    """At its creation and at its edit alike."""
    incident = api.declare()
    item = _item(api, incident, "2026-11-20T09:12:00Z", "deploy")
    body = {"incident_id": incident["id"], "timestamp": "2026-11-20T09:12:00Z", "title": "x", "idempotency_key": "x"}

    created = api.post("/v2/incident_timeline_items", json={**body, **fields})
    edited = api.patch(f"/v2/incident_timeline_items/{item['id']}", json=fields)

    assert [problems(answer)[0][1] for answer in (created, edited)] == [field, field]


def test_an_unknown_timeline_item_is_not_found(api: Api) -> None:
    """Editing it is a 404."""
    assert api.patch("/v2/incident_timeline_items/01NOTHERE", json={"title": "x"}).status_code == 404
