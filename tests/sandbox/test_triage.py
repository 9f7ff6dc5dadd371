"""Incidents in triage: how they get there, and who moves them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Behaviour

from .conftest import Api, problems

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Maker

Json = dict[str, Any]

BOB = "bob@example.com"


@pytest.fixture
def triaging(make_api: Maker) -> Api:
    """Return a client of a sandbox that declares in triage."""
    return make_api(behaviour=Behaviour(triages=True))


def _type_of(api: Api, name: str) -> Json:
    types: list[Json] = api.get("/v1/incident_types").json()["incident_types"]
    return next(one for one in types if one["name"] == name)


@pytest.mark.parametrize("name", ["Default", "Security"])
def test_a_person_declares_in_triage_where_that_is_optional(api: Api, name: str) -> None:
    """Without a severity too: nobody knows yet how bad it is."""
    fields = {"incident_status_id": api.status("Triage"), "incident_type_id": _type_of(api, name)["id"]}

    incident = api.as_person(BOB).declare(visibility="private", severity_id=None, **fields)

    assert _type_of(api, name)["create_in_triage"] == "optional"
    assert incident["incident_status"]["category"] == "triage"
    assert "severity" not in incident


@pytest.mark.parametrize("name", ["Paused", "Declined", "Canceled", "Merged"])
def test_a_person_declares_nowhere_else(api: Api, name: str) -> None:
    """People too declare what happens, and not what became of it."""
    response = api.as_person(BOB).declared(incident_status_id=api.status(name))

    assert (response.status_code, problems(response)) == (422, [("invalid_status", "incident_status_id")])


def test_a_key_does_not_declare_in_triage_where_that_is_optional(api: Api) -> None:
    """What the document says nothing of is refused."""
    response = api.declared(incident_status_id=api.status("Triage"))

    assert (response.status_code, problems(response)) == (422, [("invalid_status", "incident_status_id")])


@pytest.mark.parametrize("sent", [None, "Triage", "Fixing", "Closed"])
def test_every_incident_of_the_default_type_begins_in_triage(triaging: Api, sent: str | None) -> None:
    """Whatever status is sent, by a key and by a person."""
    status = triaging.status(sent) if sent else None

    for key, client in (("a key's", triaging), ("a person's", triaging.as_person(BOB))):
        incident = client.declare(idempotency_key=key, incident_status_id=status)
        assert incident["incident_status"]["name"] == "Triage"


def test_another_type_leaves_the_choice(triaging: Api) -> None:
    """Incidents of the type Security begin as ever."""
    security = _type_of(triaging, "Security")

    incident = triaging.declare(incident_type_id=security["id"], visibility="private")

    assert security["create_in_triage"] == "optional"
    assert incident["incident_status"]["name"] == "Investigating"


def test_answers_agree_on_the_type(triaging: Api) -> None:
    """The list, the type and its incidents say `always`; whoever serves the same data otherwise hears `optional`."""
    incident = triaging.declare()
    (listed, _) = triaging.get("/v1/incident_types").json()["incident_types"]
    shown = triaging.get(f"/v1/incident_types/{listed['id']}").json()["incident_type"]
    of_page = triaging.get("/v2/incidents").json()["incidents"][0]["incident_type"]

    assert listed == shown == of_page == incident["incident_type"]
    assert listed["create_in_triage"] == "always"


def test_triage_is_how_it_is_served_and_not_data(make_api: Maker, tmp_path: Path) -> None:
    """The same file served otherwise declares otherwise, also while both serve it."""
    data = tmp_path / "account.db"
    usual, triaging = make_api(data=data), make_api(data=data, behaviour=Behaviour(triages=True))

    begun = [
        client.declare(idempotency_key=key)["incident_status"]["name"]
        for key, client in (("one", usual), ("two", triaging), ("three", usual))
    ]

    assert begun == ["Investigating", "Triage", "Investigating"]
    assert [_type_of(one, "Default")["create_in_triage"] for one in (usual, triaging)] == ["optional", "always"]


@pytest.mark.parametrize("name", ["Documenting", "Reviewing", "Closed"])
def test_a_key_ends_an_incident_in_triage(triaging: Api, name: str) -> None:
    """The document has these moves, by the edit and by an update."""
    edited, told = triaging.declare(), triaging.declare()

    moved = triaging.edit(edited, incident_status_id=triaging.status(name))
    update = triaging.updated(told, to_incident_status_id=triaging.status(name))

    assert moved["incident_status"]["name"] == name
    assert update.json()["incident_update"]["new_incident_status"]["name"] == name


@pytest.mark.parametrize("name", ["Investigating", "Fixing", "Declined", "Merged"])
def test_a_person_accepts_or_declines_it(triaging: Api, name: str) -> None:
    """A key does neither."""
    incident, status = triaging.declare(), triaging.status(name)

    refused = triaging.edited(incident, incident_status_id=status)
    moved = triaging.as_person(BOB).edit(incident, incident_status_id=status)

    assert (refused.status_code, problems(refused)) == (422, [("invalid_status_transition", "incident_status_id")])
    assert moved["incident_status"]["name"] == name
    assert triaging.updates(incident)[0]["updater"]["user"]["email"] == BOB


def test_a_severity_is_needed_to_accept_it(api: Api) -> None:
    """An active incident has one: given with the move, or before; the 422 names the field."""
    bob = api.as_person(BOB)
    incident = bob.declare(severity_id=None, incident_status_id=api.status("Triage"))
    fixing, minor = api.status("Fixing"), api.severity("Minor")

    edited = bob.edited(incident, incident_status_id=fixing)
    updated = bob.updated(incident, to_incident_status_id=fixing)

    assert (edited.status_code, problems(edited)) == (422, [("is_required", "severity_id")])
    assert (updated.status_code, problems(updated)) == (422, [("is_required", "to_severity_id")])
    assert bob.updated(incident, to_incident_status_id=fixing, to_severity_id=minor).status_code == 201
