"""Private incidents: a key without global access learns nothing of them, wherever it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Behaviour
from reconciler.sandbox.resource import Route, discover

from .conftest import Api, problems

if TYPE_CHECKING:
    from .conftest import Maker

Json = dict[str, Any]

SECRET = "Data of customers was taken"
CREATES = {
    "incident": ("/v2/incidents", {"name": SECRET}),
    "incident_update": ("/v2/incident_updates", {"message": SECRET}),
    "incident_timeline_item": (
        "/v2/incident_timeline_items",
        {"timestamp": "2026-11-20T09:05:00Z", "title": SECRET, "description": SECRET},
    ),
}


def private(api: Api) -> Json:
    """Declare a private incident in which every text is the secret, and return it with all that belongs to it."""
    incident = api.declare(visibility="private", name=SECRET, summary=SECRET, idempotency_key="incident")
    known = {"incident_id": incident["id"]}
    for kind, (path, body) in list(CREATES.items())[1:]:
        assert api.post(path, json=body | known | {"idempotency_key": kind}).status_code == 201
    api.edit(incident, severity_id=api.severity("Major"), call_url="https://secret.example.com")
    return incident


def ids(api: Api, incident: Json) -> list[str]:
    """Return the IDs of the incident and of everything that belongs to it."""
    params = {"incident_id": incident["id"]}
    found = [incident["id"], "1"]
    for path in ("incident_updates", "incident_timeline_items", "incident_activity_log_entries"):
        (items,) = (value for value in api.get(f"/v2/{path}", params=params).json().values() if isinstance(value, list))
        found += [item["id"] for item in items]
    return found


READS = [route for resource in discover() for route in resource.routes if not route.writes]


@pytest.mark.parametrize("route", READS, ids=lambda route: route.path)
def test_no_read_tells_of_it(api: Api, route: Route) -> None:
    """Lists, single objects, counts, and what belongs to it: neither its words nor its ID."""
    incident = private(api)
    every = ids(api, incident)
    viewer = api.as_key("sandbox-editor")
    paths = [route.path.replace("<id>", identifier) for identifier in every] if "<id>" in route.path else [route.path]
    queries: list[dict[str, str]] = [{}]
    if "incident_id" in route.query:
        queries += [{"incident_id": identifier} for identifier in every]
    if "mode" in route.query:
        queries += [{"mode[one_of]": "standard", "status_category[one_of]": "live", "filter_mode": "any"}]

    answers = [viewer.get(path, params=query) for path in paths for query in queries]

    for answer in answers:
        assert SECRET not in answer.text
        assert "secret.example.com" not in answer.text
        if answer.is_success:
            assert incident["id"] not in answer.text
            assert 'total_record_count":1' not in answer.text or "incident" not in route.path


def test_it_is_read_with_global_access(api: Api) -> None:
    """The same reads tell of it, so that the test above looks at the right places."""
    incident = private(api)

    told = [
        api.get("/v2/incidents").text,
        api.get("/v2/incidents/1").text,
        api.get("/v2/incident_updates").text,
        api.get("/v2/incident_timeline_items", params={"incident_id": incident["id"]}).text,
        api.get("/v2/incident_activity_log_entries", params={"incident_id": incident["id"]}).text,
    ]

    assert all(SECRET in text or incident["id"] in text for text in told)


def test_no_write_reaches_it(api: Api) -> None:
    """Neither an edit nor an update nor an item, and what refuses them says nothing."""
    incident = private(api)
    editor = api.as_key("sandbox-editor")
    (item,) = api.get("/v2/incident_timeline_items", params={"incident_id": incident["id"]}).json()[
        "incident_timeline_items"
    ]
    before = api.get("/v2/incidents/1").json()
    body = {"incident_id": incident["id"], "idempotency_key": "new", "timestamp": "2026-11-20T09:05:00Z", "title": "x"}

    refused = [
        editor.edited(incident, name="Mine"),
        editor.updated(incident, message="Mine"),
        editor.post("/v2/incident_timeline_items", json=body),
        editor.patch(f"/v2/incident_timeline_items/{item['id']}", json={"title": "Mine"}),
    ]

    assert [answer.status_code for answer in refused] == [404, 422, 422, 404]
    assert not any(SECRET in answer.text for answer in refused)
    assert api.get("/v2/incidents/1").json() == before


@pytest.mark.parametrize("kind", CREATES)
def test_a_key_that_somebody_else_used_there_tells_nothing(api: Api, kind: str) -> None:
    """The idempotency key of a private incident, or of what belongs to one, is a conflict to who may not see it."""
    private(api)
    editor = api.as_key("sandbox-editor")
    path, body = CREATES[kind]
    mine = {"incident_id": editor.declare()["id"]}
    if kind == "incident":
        mine = {"visibility": "public", "severity_id": api.severity("Minor")}

    response = editor.post(path, json=body | mine | {"idempotency_key": kind})

    assert (response.status_code, problems(response)) == (409, [("idempotency_key_in_use", "idempotency_key")])
    assert SECRET not in response.text


@pytest.mark.parametrize("idempotency", ["return", "forget"])
def test_a_key_that_cannot_see_what_it_declared_is_not_told_again(make_api: Maker, idempotency: str) -> None:
    """Much may have been written there since; where keys are forgotten, there is a second one."""
    editor = make_api(behaviour=Behaviour(idempotency)).as_key("sandbox-editor")
    first = editor.declare(visibility="private", name=SECRET, idempotency_key="mine")

    again = editor.declared(visibility="private", name=SECRET, idempotency_key="mine")

    assert again.status_code == (409 if idempotency == "return" else 200)
    assert first["id"] not in again.text


def test_the_key_of_an_escalation_there_tells_nothing(make_api: Maker) -> None:
    """Who may page people but not see the incident learns neither the title nor who was paged."""
    api = make_api(keys={"pager": ["viewer", "escalation_creator"]})
    incident = api.declare(visibility="private")
    bob = api.get("/v2/users", params={"email": "bob@example.com"}).json()["users"][0]["id"]
    body = {"idempotency_key": "page", "title": SECRET, "user_ids": [bob]}
    assert api.post("/v2/escalations", json=body | {"incident_id": incident["id"]}).status_code == 201

    response = api.as_key("pager").post("/v2/escalations", json=body)

    assert (response.status_code, problems(response)) == (409, [("idempotency_key_in_use", "idempotency_key")])
    assert SECRET not in response.text


def test_who_is_no_longer_a_member_is_not_shown_what_they_declared(api: Api) -> None:
    """Much may have happened there since."""
    bob = Api(api.app, "sandbox-editor", **{"X-Sandbox-Actor": "bob@example.com"})
    incident = bob.declare(visibility="private", idempotency_key="bobs")
    user = incident["creator"]["user"]["id"]
    again = bob.declared(visibility="private", idempotency_key="bobs")
    api.post("/v1/incident_memberships/actions/revoke", json={"incident_id": incident["id"], "user_id": user})

    revoked = bob.declared(visibility="private", idempotency_key="bobs")

    assert again.json()["incident"]["id"] == incident["id"]
    assert (revoked.status_code, problems(revoked)) == (409, [("idempotency_key_in_use", "idempotency_key")])


def test_what_is_in_use_there_is_not_named(api: Api) -> None:
    """Configuration that only a private incident uses is not deleted, and why says nothing of the incident."""
    incident = private(api)
    major = api.severity("Major")

    refused = api.delete(f"/v1/severities/{major}")

    assert (refused.status_code, problems(refused)) == (422, [("in_use", "id")])
    assert SECRET not in refused.text
    assert incident["id"] not in refused.text
    assert "INC-" not in refused.text
