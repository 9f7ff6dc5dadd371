from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Behaviour

from .conftest import Api, Maker, problems

Json = dict[str, Any]

every_kind = pytest.mark.parametrize("kind", ["incident", "incident_update", "incident_timeline_item"])


def _create(api: Api, kind: str, key: str = "the-key") -> httpx.Response:
    if kind == "incident":
        return api.declared(idempotency_key=key)
    incident = api.get("/v2/incidents/1").json().get("incident") or api.declare(idempotency_key="the-incident")
    if kind == "incident_update":
        return api.updated(incident, idempotency_key=key, message="Told")
    body = {"incident_id": incident["id"], "timestamp": "2026-11-20T09:12:00Z", "title": "x", "idempotency_key": key}
    return api.post("/v2/incident_timeline_items", json=body)


@every_kind
def test_a_repeated_key_returns_the_first(make_api: Maker, kind: str) -> None:
    """In the mode `return` nothing is created, and the first object is answered with the same status."""
    api = make_api(behaviour=Behaviour("return"))

    first, second = _create(api, kind), _create(api, kind)

    assert first.status_code == second.status_code
    assert first.json()[kind]["id"] == second.json()[kind]["id"]
    writes = [r for r in api.app.requests() if r["idempotency_key"] == "the-key"]
    assert [request["changed"] for request in writes] == [True, False]


def test_the_first_is_returned_as_it_is_by_now(api: Api) -> None:
    """Not as it was created, nor as the repetition asks."""
    incident = api.declare(idempotency_key="the-key")
    api.edit(incident, name="Renamed", incident_status_id=api.status("Closed"))

    again = api.declare(idempotency_key="the-key", name="Asked again", severity_id=api.severity("Critical"))

    assert (again["id"], again["name"]) == (incident["id"], "Renamed")
    assert again["incident_status"]["name"] == "Closed"


@every_kind
def test_a_repeated_key_conflicts(make_api: Maker, kind: str) -> None:
    """In the mode `conflict` it is a 409 on the key."""
    api = make_api(behaviour=Behaviour("conflict"))
    _create(api, kind)

    response = _create(api, kind)

    assert (response.status_code, problems(response)) == (409, [("idempotency_key_in_use", "idempotency_key")])


@every_kind
def test_a_repeated_key_is_forgotten(make_api: Maker, kind: str) -> None:
    """In the mode `forget` there is a second object."""
    api = make_api(behaviour=Behaviour("forget"))

    first, second = _create(api, kind), _create(api, kind)

    assert first.json()[kind]["id"] != second.json()[kind]["id"]


@every_kind
def test_a_repeated_key_is_invalid(make_api: Maker, kind: str) -> None:
    """In the mode `invalid` it is a 422 on the key."""
    api = make_api(behaviour=Behaviour("invalid"))
    _create(api, kind)

    response = _create(api, kind)

    assert (response.status_code, problems(response)) == (422, [("not_unique", "idempotency_key")])


@every_kind
def test_a_key_is_forgotten_after_its_lifetime(make_api: Maker, kind: str) -> None:
    """A key whose time is over creates again, and is then remembered anew."""
    short, lasting = (make_api(behaviour=Behaviour(key_lifetime=seconds)) for seconds in (0.0, 3600.0))

    assert _create(short, kind).json()[kind]["id"] != _create(short, kind).json()[kind]["id"]
    assert _create(lasting, kind).json()[kind]["id"] == _create(lasting, kind).json()[kind]["id"]


def test_a_known_key_with_another_body_is_refused(make_api: Maker) -> None:
    """Where changed bodies are refused, the same body still gets the first object."""
    api = make_api(behaviour=Behaviour(refuses_changed=True))
    first = api.declare(idempotency_key="the-key")

    changed = api.declared(idempotency_key="the-key", name="Another")

    assert (changed.status_code, problems(changed)) == (422, [("idempotency_key_reused", "idempotency_key")])
    assert api.declare(idempotency_key="the-key")["id"] == first["id"]


def test_ids_may_change_their_format(make_api: Maker) -> None:
    """What is created under long IDs is found by them, and is no ULID."""
    api = make_api(behaviour=Behaviour(long_ids=True))

    declared = api.declare()

    assert len(declared["id"]) > 26
    assert api.get(f"/v2/incidents/{declared['id']}").json()["incident"]["id"] == declared["id"]
    assert api.updated(declared, message="Told").status_code == 201


def test_a_key_of_one_kind_is_not_a_key_of_another(api: Api) -> None:
    """An incident and an update may share a text."""
    responses = [_create(api, kind) for kind in ("incident", "incident_update", "incident_timeline_item")]

    assert [response.status_code for response in responses] == [200, 201, 201]


def test_keys_are_shared_by_the_organisation(api: Api) -> None:
    """Another API key gets the same incident."""
    first = api.declare(idempotency_key="the-key")

    assert api.as_key("sandbox-editor").declare(idempotency_key="the-key")["id"] == first["id"]


def test_a_refused_create_does_not_use_up_its_key(api: Api) -> None:
    """What was refused may be asked again, put right."""
    refused = api.declared(idempotency_key="the-key", severity_id=None)

    assert refused.status_code == 422
    assert api.declared(idempotency_key="the-key").status_code == 200


@every_kind
@pytest.mark.parametrize("is_on_disk", [False, True], ids=["memory", "file"])
def test_requests_side_by_side_create_once(make_api: Maker, tmp_path: Path, kind: str, is_on_disk: bool) -> None:
    """Twenty at once with one key, and one object."""
    api = make_api(data=tmp_path / "data.sqlite" if is_on_disk else None)
    api.declare(idempotency_key="the-incident")

    with ThreadPoolExecutor(20) as threads:
        responses = list(threads.map(lambda _: _create(api, kind), range(20)))

    assert len({response.json()[kind]["id"] for response in responses}) == 1
    assert sum(request["changed"] for request in api.app.requests() if request["idempotency_key"] == "the-key") == 1


def test_an_unknown_mode_is_refused(make_api: Maker) -> None:
    """Modes have three names."""
    with pytest.raises(ValueError, match="return, conflict, invalid, forget"):
        make_api(behaviour=Behaviour("perhaps"))
