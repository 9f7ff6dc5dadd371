from typing import Any

import httpx
import pytest

from .conftest import Api, problems

Json = dict[str, Any]

PATH = "/v1/incident_memberships"


def _seen_by(api: Api, email: str, key: str = "sandbox-editor") -> Api:
    """Return a client that sees what a person sees: its key has no global access."""
    return Api(api.app, key, **{"X-Sandbox-Actor": email})


def _user(api: Api, email: str) -> str:
    (user,) = api.get("/v2/users", params={"email": email, "include_inactive": "true"}).json()["users"]
    return str(user["id"])


def _asked(api: Api, incident: Json, email: str, action: str = "") -> httpx.Response:
    return api.post(f"{PATH}{action}", json={"incident_id": incident["id"], "user_id": _user(api, email)})


def _sees(api: Api, incident: Json, email: str) -> bool:
    """Tell whether a person sees an incident, in each of the ways in which it could be seen."""
    person = _seen_by(api, email)
    shown = person.get(f"/v2/incidents/{incident['id']}").status_code == 200
    ways = [
        person.get(f"/v2/incidents/{incident['reference'].removeprefix('INC-')}").status_code == 200,
        incident["id"] in [one["id"] for one in person.get("/v2/incidents").json()["incidents"]],
        person.get("/v2/incidents").json()["pagination_meta"]["total_record_count"] == int(shown),
        incident["id"] in [one["incident_id"] for one in person.get("/v2/incident_updates").json()["incident_updates"]],
    ]
    assert ways == [shown, shown, True, shown]
    return shown


@pytest.fixture
def private(api: Api) -> Json:
    """Return a private incident that a key declared, with an update."""
    incident = api.declare(visibility="private")
    api.updated(incident, message="Secret")
    return incident


def test_a_member_sees_a_private_incident(api: Api, private: Json) -> None:
    """Nobody else does, and neither does the key by itself."""
    response = _asked(api, private, "carol@example.com")

    membership = response.json()["incident_membership"]
    assert response.status_code == 201
    assert (membership["incident_id"], membership["user"]["email"]) == (private["id"], "carol@example.com")
    assert _sees(api, private, "carol@example.com")
    assert not _sees(api, private, "dave@example.com")
    assert api.as_key("sandbox-editor").get(f"/v2/incidents/{private['id']}").status_code == 404


def test_a_member_works_on_a_private_incident(api: Api, private: Json) -> None:
    """Edits, updates and what belongs to it, as on any other."""
    _asked(api, private, "carol@example.com")
    carol = _seen_by(api, "carol@example.com")

    answers = [
        carol.edited(private, name="Leak"),
        carol.updated(private, message="Found"),
        carol.post("/v3/actions", json={"incident_id": private["id"], "description": "Plug it"}),
    ]

    assert [answer.status_code for answer in answers] == [200, 201, 201]
    assert [action["description"] for action in carol.get("/v3/actions").json()["actions"]] == ["Plug it"]


def test_who_declared_a_private_incident_sees_it(api: Api) -> None:
    """The person, not the key that they used."""
    incident = _seen_by(api, "alice@example.com").declare(visibility="private")
    api.updated(incident, message="Secret")

    assert _sees(api, incident, "alice@example.com")
    assert not _sees(api, incident, "bob@example.com")


def test_who_has_a_role_in_a_private_incident_sees_it(api: Api, private: Json) -> None:
    """As long as they have it."""
    lead = {"incident_role_id": api.role("Incident Lead")}

    api.edit(private, incident_role_assignments=[{**lead, "assignee": {"email": "bob@example.com"}}])

    assert _sees(api, private, "bob@example.com")
    api.edit(private, incident_role_assignments=[lead])
    assert not _sees(api, private, "bob@example.com")


@pytest.mark.parametrize("email", ["alice@example.com", "bob@example.com", "carol@example.com"])
def test_a_membership_is_revoked(api: Api, email: str) -> None:
    """Of who was invited, who has a role and who declared it, until it is granted again."""
    incident = _seen_by(api, "alice@example.com").declare(
        visibility="private",
        incident_role_assignments=[
            {"incident_role_id": api.role("Incident Lead"), "assignee": {"email": "bob@example.com"}}
        ],
    )
    api.updated(incident, message="Secret")
    _asked(api, incident, "carol@example.com")

    response = _asked(api, incident, email, "/actions/revoke")

    assert (response.status_code, response.content) == (204, b"")
    assert not _sees(api, incident, email)
    _asked(api, incident, email)
    assert _sees(api, incident, email)


def test_granting_twice_is_granting_once(api: Api, private: Json) -> None:
    """The second answer is the first, and nothing changes; after a revocation it is another membership."""
    first, second = (_asked(api, private, "carol@example.com").json() for _ in range(2))
    assert not api.app.requests()[-1]["changed"]
    _asked(api, private, "carol@example.com", "/actions/revoke")

    third = _asked(api, private, "carol@example.com").json()

    assert first == second
    assert third["incident_membership"]["id"] != first["incident_membership"]["id"]


def test_only_a_membership_that_is_there_is_revoked(api: Api, private: Json) -> None:
    """Of somebody else it is a 422 on the user, a second time too."""
    _asked(api, private, "carol@example.com")
    _asked(api, private, "carol@example.com", "/actions/revoke")

    answers = [_asked(api, private, f"{name}@example.com", "/actions/revoke") for name in ("carol", "dave")]

    assert [problems(answer) for answer in answers] == [[("not_found", "user_id")]] * 2


@pytest.mark.parametrize("action", ["", "/actions/revoke"])
def test_memberships_are_of_private_incidents_and_users(api: Api, private: Json, action: str) -> None:
    """A public or unknown incident, an unknown user and a missing field are told."""
    public = api.declare()
    bob = _user(api, "bob@example.com")

    answers = [
        _asked(api, public, "bob@example.com", action),
        _asked(api, {"id": "01NOTHERE"}, "bob@example.com", action),
        api.post(f"{PATH}{action}", json={"incident_id": private["id"], "user_id": "01NOTHERE"}),
        api.post(f"{PATH}{action}", json={"user_id": bob}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert [problems(answer)[0] for answer in answers] == [
        ("invalid_value", "incident_id"),
        ("not_found", "incident_id"),
        ("not_found", "user_id"),
        ("is_required", "incident_id"),
    ]


def test_who_has_left_is_not_invited(api: Api, private: Json) -> None:
    """Inactive users are no members."""
    assert problems(_asked(api, private, "erin@example.com")) == [("not_found", "user_id")]


def test_memberships_need_a_role_of_their_own(api: Api, private: Json) -> None:
    """Neither editor nor viewer may grant or revoke."""
    body = {"incident_id": private["id"], "user_id": _user(api, "bob@example.com")}

    for key in ("sandbox-editor", "sandbox-viewer"):
        for action, scope in (("", "grant"), ("/actions/revoke", "revoke")):
            response = api.as_key(key).post(f"{PATH}{action}", json=body)
            assert response.status_code == 403
            assert f"incident_memberships.{scope}" in response.json()["errors"][0]["message"]


def test_the_log_tells_of_a_revocation(api: Api, private: Json) -> None:
    """The document has no entry for a grant; both count as activity, and neither as an edit."""
    _asked(api, private, "carol@example.com")
    granted = api.get(f"/v2/incidents/{private['id']}").json()["incident"]
    _asked(api, private, "carol@example.com", "/actions/revoke")

    entries = api.get("/v2/incident_activity_log_entries", params={"incident_id": private["id"]}).json()
    revoked = api.get(f"/v2/incidents/{private['id']}").json()["incident"]
    types = [entry["type"] for entry in entries["incident_activity_log_entries"]]
    assert types == ["status_change", "incident_update", "incident_membership_revoked"]
    assert revoked["last_activity_at"] > granted["last_activity_at"]
    assert revoked["updated_at"] == private["updated_at"]


def test_a_new_role_readmits_who_was_sent_away(api: Api, private: Json) -> None:
    """A lead sees what they lead, whatever was revoked before."""
    lead = {"incident_role_id": api.role("Incident Lead"), "assignee": {"email": "carol@example.com"}}
    _asked(api, private, "carol@example.com")
    _asked(api, private, "carol@example.com", "/actions/revoke")

    api.edit(private, incident_role_assignments=[lead])

    assert _sees(api, private, "carol@example.com")
