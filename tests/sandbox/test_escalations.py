from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Behaviour
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.on_call import find_on_call

from .conftest import Api, Maker, problems

Json = dict[str, Any]

PATH = "/v2/escalations"
ON_CALL_PATH = seed_id("path", 1)
CAROL, DAVE, ERIN = seed_id("user", 3), seed_id("user", 4), seed_id("user", 5)


def _escalated(api: Api, key: str = "page-1", **fields: Any) -> httpx.Response:
    body = {"idempotency_key": key, "title": "Checkout is down", "escalation_path_id": ON_CALL_PATH, **fields}
    given = {name: value for name, value in body.items() if value is not None}
    return api.post(PATH, json=given)


def _escalate(api: Api, key: str = "page-1", **fields: Any) -> Json:
    response = _escalated(api, key, **fields)
    assert response.status_code == 201, response.text
    escalation: Json = response.json()["escalation"]
    return escalation


def _show(api: Api, escalation: Json) -> Json:
    shown: Json = api.get(f"{PATH}/{escalation['id']}").json()["escalation"]
    return shown


def _titles(api: Api, *pairs: tuple[str, str]) -> list[str]:
    response = api.get(PATH, params=list(pairs))
    assert response.status_code == 200, response.text
    return [escalation["title"] for escalation in response.json()["escalations"]]


def _act(api: Api, escalation: Json, action: str, **body: Any) -> httpx.Response:
    return api.post(f"{PATH}/{escalation['id']}/actions/{action}", json=body or None)


def _log(api: Api, incident: Json) -> list[Json]:
    params = {"incident_id": incident["id"]}
    entries = api.get("/v2/incident_activity_log_entries", params=params).json()["incident_activity_log_entries"]
    return [entry["content"] for entry in entries if entry["type"].startswith("escalation")]


def test_an_escalation_pages_who_is_on_call(api: Api) -> None:
    """Along the path, loudly; it tells whom, and what it is about."""
    (responder,) = api.get(f"/v2/escalation_paths/{ON_CALL_PATH}").json()["escalation_path"]["current_responders"]

    escalation = _escalate(api, description="p99 above 2 s")

    assert escalation.items() >= {"title": "Checkout is down", "description": "p99 above 2 s"}.items()
    assert (escalation["status"], escalation["escalation_path_id"]) == ("triggered", ON_CALL_PATH)
    assert [event["event"] for event in escalation["events"]] == ["triggered", "notified_users"]
    assert (escalation["events"][1]["urgency"], escalation["events"][1]["users"]) == ("high", [responder])
    assert (escalation["creator"], escalation["related_incidents"]) == ({}, [])
    assert _show(api, escalation) == escalation


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2026, 1, 5, 9, tzinfo=UTC), "Alice Archer"),
        (datetime(2026, 1, 12, 8, 59, tzinfo=UTC), "Alice Archer"),
        (datetime(2026, 1, 12, 9, tzinfo=UTC), "Bob Baker"),
        (datetime(2026, 1, 19, 9, tzinfo=UTC), "Alice Archer"),
    ],
)
def test_who_is_on_call_changes_every_week(api: Api, moment: datetime, name: str) -> None:
    """At the hour of the handover."""
    (schedule,) = api.get("/v2/schedules").json()["schedules"]

    assert [user["name"] for user in find_on_call(schedule, moment)] == [name]


def test_people_are_paged_directly(api: Api) -> None:
    """Without a path, and loudly."""
    escalation = _escalate(api.as_person("alice@example.com"), escalation_path_id=None, user_ids=[CAROL, DAVE, CAROL])

    told = escalation["events"][1]
    assert "escalation_path_id" not in escalation
    assert [user["name"] for user in told["users"]] == ["Carol Cook", "Dave Dyer"]
    assert told["urgency"] == "high"
    assert escalation["creator"]["user"]["email"] == "alice@example.com"


def test_an_escalation_belongs_to_an_incident(api: Api) -> None:
    """Its summary stands in for a description, and the category is called as people call it."""
    incident = api.declare(summary="Slow.")

    escalation = _escalate(api, incident_id=incident["id"])

    (related,) = escalation["related_incidents"]
    assert escalation["description"] == "Slow."
    assert related == {
        "id": incident["id"],
        "external_id": 1,
        "reference": "INC-1",
        "name": incident["name"],
        "summary": "Slow.",
        "visibility": "public",
        "status_category": "active",
    }


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, ("is_required", "title")),
        ({"idempotency_key": None}, ("is_required", "idempotency_key")),
        ({"escalation_path_id": None}, ("invalid_value", "escalation_path_id")),
        ({"escalation_path_id": None, "user_ids": []}, ("invalid_value", "escalation_path_id")),
        ({"user_ids": [CAROL]}, ("invalid_value", "escalation_path_id")),
        ({"escalation_path_id": "01NOTHERE"}, ("not_found", "escalation_path_id")),
        ({"escalation_path_id": None, "user_ids": ["01NOTHERE"]}, ("not_found", "user_ids")),
        ({"escalation_path_id": None, "user_ids": [ERIN]}, ("not_found", "user_ids")),
        ({"incident_id": "01NOTHERE"}, ("not_found", "incident_id")),
    ],
)
def test_a_wrong_escalation_pages_nobody(api: Api, fields: Json, problem: tuple[str, str]) -> None:
    """The field is named."""
    response = _escalated(api, **fields)

    assert (response.status_code, problems(response)) == (422, [problem])
    assert _titles(api) == []


def test_a_repeated_key_pages_once(api: Api) -> None:
    """The first escalation is answered, as it is by now."""
    first = _escalate(api)
    _act(api, first, "cancel")

    again = _escalate(api, title="Something else")

    assert (again["id"], again["title"], again["status"]) == (first["id"], "Checkout is down", "cancelled")
    assert _titles(api) == ["Checkout is down"]


@pytest.mark.parametrize(("mode", "status", "count"), [("conflict", 409, 1), ("invalid", 422, 1), ("forget", 201, 2)])
def test_keys_are_treated_as_the_sandbox_is_told(make_api: Maker, mode: str, status: int, count: int) -> None:
    """As for incidents; also a forgotten key finds all that was made with it."""
    api = make_api(behaviour=Behaviour(mode))
    _escalate(api)

    response = _escalated(api)

    assert response.status_code == status
    assert len(_titles(api, ("idempotency_key[is]", "page-1"))) == count


def test_escalations_are_found_by_their_key(api: Api) -> None:
    """The whole key, or how it begins; nothing in it is a wildcard."""
    for key in ("acme/a", "acme/b", "Acme/a", "ac_e/c", "ac%"):
        _escalate(api, key, title=key)

    assert _titles(api, ("idempotency_key[is]", "acme/a")) == ["acme/a"]
    assert _titles(api, ("idempotency_key[is]", "acme")) == []
    assert _titles(api, ("idempotency_key[starts_with]", "acme/")) == ["acme/b", "acme/a"]
    assert _titles(api, ("idempotency_key[starts_with]", "ac%")) == ["ac%"]
    assert _titles(api, ("idempotency_key[starts_with]", "ac_")) == ["ac_e/c"]


def test_escalations_are_filtered_by_what_they_are(api: Api) -> None:
    """Path, status, incident and alert, each by `one_of` and `not_in`."""
    incident = api.declare()
    _escalate(api, "1", title="path")
    _escalate(api, "2", title="people", escalation_path_id=None, user_ids=[CAROL])
    _act(api, _escalate(api, "3", title="incident", incident_id=incident["id"]), "cancel")

    assert _titles(api, ("escalation_path[one_of]", ON_CALL_PATH)) == ["incident", "path"]
    assert _titles(api, ("escalation_path[not_in]", ON_CALL_PATH)) == ["people"]
    assert _titles(api, ("status[one_of]", "cancelled")) == ["incident"]
    assert _titles(api, ("status[not_in]", "cancelled")) == ["people", "path"]
    assert _titles(api, ("status[one_of]", "cancelled"), ("status[one_of]", "triggered")) == [
        "incident",
        "people",
        "path",
    ]
    assert _titles(api, ("incident[one_of]", incident["id"])) == ["incident"]
    assert _titles(api, ("incident[not_in]", incident["id"])) == ["people", "path"]
    assert _titles(api, ("alert[one_of]", "01ALERT")) == []
    assert _titles(api, ("alert[not_in]", "01ALERT")) == ["incident", "people", "path"]
    assert _titles(api, ("incident[not_in]", incident["id"]), ("escalation_path[one_of]", ON_CALL_PATH)) == ["path"]


def test_escalations_are_filtered_by_when_they_were_created_and_updated(api: Api) -> None:
    """To the instant, with every operator."""
    old, new = _escalate(api, "1", title="old"), _escalate(api, "2", title="new")
    _act(api, old, "cancel")

    assert _titles(api, ("created_at[gte]", new["created_at"])) == ["new"]
    assert _titles(api, ("created_at[lte]", old["created_at"])) == ["old"]
    assert _titles(api, ("updated_at[lte]", new["updated_at"])) == ["new"]
    assert _titles(api, ("updated_at[gte]", _show(api, old)["updated_at"])) == ["old"]
    assert _titles(api, ("created_at[date_range]", "2020-01-01~2200-01-01")) == ["new", "old"]
    assert _titles(api, ("updated_at[date_range]", "2020-01-01~2020-02-01")) == []


def test_pages_hold_every_escalation_once(api: Api) -> None:
    """Newest first, to the last page."""
    for number in range(5):
        _escalate(api, str(number), title=str(number))
    seen: list[str] = []
    params: dict[str, Any] = {"page_size": 2}

    while True:
        answer = api.get(PATH, params=params).json()
        seen += [escalation["title"] for escalation in answer["escalations"]]
        if "after" not in answer["pagination_meta"]:
            break
        params["after"] = answer["pagination_meta"]["after"]

    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status[one_of]", "open"),
        ("status[is]", "triggered"),
        ("idempotency_key[one_of]", "a"),
        ("idempotency_key", "a"),
        ("created_at[gte]", "yesterday"),
        ("page_size", "51"),
        ("after", "01NOTHERE"),
        ("severity[one_of]", "x"),
    ],
)
def test_a_wrong_parameter_is_refused(api: Api, name: str, value: str) -> None:
    """What cannot be filtered on is named."""
    response = api.get(PATH, params={name: value})

    assert response.status_code == 422
    assert name.startswith(problems(response)[0][1] or "?")


def test_an_escalation_is_cancelled(api: Api) -> None:
    """Once: a second time changes nothing."""
    escalation = _escalate(api)

    first = _act(api, escalation, "cancel")
    second = _act(api, escalation, "cancel")

    shown = _show(api, escalation)
    assert [(answer.status_code, answer.content) for answer in (first, second)] == [(200, b"")] * 2
    assert (shown["status"], [event["event"] for event in shown["events"]][2:]) == ("cancelled", ["cancelled"])
    assert shown["updated_at"] > escalation["updated_at"]


def test_an_escalation_is_acknowledged(api: Api) -> None:
    """By a person who is named then; after that nobody answers it any more, but it can be cancelled."""
    incident = api.declare()
    escalation = _escalate(api, incident_id=incident["id"])

    response = _act(api.as_person("bob@example.com"), escalation, "respond", response="ack")

    shown = _show(api, escalation)
    assert (response.status_code, response.content) == (200, b"")
    assert (shown["status"], shown["events"][2]["users"][0]["email"]) == ("acked", "bob@example.com")
    assert problems(_act(api, escalation, "respond", response="ack")) == [("invalid_status", "escalation_id")]
    assert _act(api, escalation, "cancel").status_code == 200


def test_a_key_acknowledges_and_snoozes_but_does_not_decline(api: Api) -> None:
    """Declining is for people: they cannot take it, and it goes on."""
    escalation = _escalate(api)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()

    declined = _act(api, escalation, "respond", response="nack")
    assert _act(api.as_person("bob@example.com"), escalation, "respond", response="nack").status_code == 200
    assert _show(api, escalation)["status"] == "triggered"
    snoozed = _act(api, escalation, "respond", response="snooze", snooze_details={"snooze_until": later})
    assert _show(api, escalation)["status"] == "snoozed"
    acked = _act(api, escalation, "respond", response="ack")

    assert problems(declined) == [("invalid_value", "response")]
    assert (snoozed.status_code, acked.status_code) == (200, 200)
    assert "users" not in _show(api, escalation)["events"][2]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"response": "snooze"}, ("is_required", "snooze_details")),
        ({"response": "snooze", "snooze_details": {}}, ("is_required", "snooze_details.snooze_until")),
        (
            {"response": "snooze", "snooze_details": {"snooze_until": "2020-01-01T00:00:00Z"}},
            ("invalid_value", "snooze_details.snooze_until"),
        ),
        ({"response": "wave"}, ("invalid_enum_value", "response")),
        ({}, ("is_required", "response")),
    ],
)
def test_a_wrong_response_is_refused(api: Api, body: Json, problem: tuple[str, str]) -> None:
    """The field is named, and the escalation stays as it was."""
    escalation = _escalate(api)

    response = api.post(f"{PATH}/{escalation['id']}/actions/respond", json=body)

    assert (response.status_code, problems(response)) == (422, [problem])
    assert _show(api, escalation) == escalation


@pytest.mark.parametrize("status", ["resolved", "expired"])
def test_what_is_over_is_not_cancelled(api: Api, status: str) -> None:
    """A 422."""
    escalation = _escalate(api)
    with api.app.store.writing() as transaction:
        kept = transaction.recorded("escalation", escalation["id"])
        transaction.record("escalation", "", escalation["id"], {**(kept or {}), "status": status})

    assert problems(_act(api, escalation, "cancel")) == [("invalid_status", "id")]


def test_an_unknown_escalation_is_not_found(api: Api) -> None:
    """Neither shown, cancelled nor answered."""
    unknown = {"id": "01NOTHERE"}

    answers = [
        api.get(f"{PATH}/01NOTHERE"),
        _act(api, unknown, "cancel"),
        _act(api, unknown, "respond", response="ack"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


@pytest.mark.parametrize("key", ["sandbox-editor", "sandbox-viewer"])
def test_paging_people_needs_a_role_of_its_own(api: Api, key: str) -> None:
    """Editors and viewers read only."""
    escalation = _escalate(api)
    other = api.as_key(key)

    answers = [_escalated(other), _act(other, escalation, "cancel"), _act(other, escalation, "respond", response="ack")]

    assert _show(other, escalation) == escalation
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "escalations.create" in answers[0].json()["errors"][0]["message"]


def test_escalations_of_private_incidents_are_hidden(api: Api) -> None:
    """Without global access; those of no incident are seen by everybody."""
    private = _escalate(api, "1", title="private", incident_id=api.declare(visibility="private")["id"])
    _escalate(api, "2", title="open")
    viewer = api.as_key("sandbox-viewer")

    assert _titles(viewer) == ["open"]
    assert viewer.get(f"{PATH}/{private['id']}").status_code == 404
    assert _titles(api) == ["open", "private"]


def test_the_log_tells_of_escalations(api: Api) -> None:
    """Who paged whom, by which path, and who took it; also by a key, which an escalation itself does not name."""
    incident = api.declare()
    escalation = _escalate(api, incident_id=incident["id"])
    _act(api.as_person("bob@example.com"), escalation, "respond", response="ack")

    created, acknowledged = _log(api, incident)

    assert created["escalation_created"] == {
        "escalation_id": escalation["id"],
        "escalation_path_id": ON_CALL_PATH,
        "escalated_to_users": escalation["events"][1]["users"],
        "creator": {"api_key": created["escalation_created"]["creator"]["api_key"]},
    }
    assert acknowledged["escalation_acknowledged"]["acknowledger"]["email"] == "bob@example.com"
