import json
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Rates

from .conftest import Api, Maker, problems

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_authorization_material"),
        ({"Authorization": "Bearer wrong"}, "invalid_authorization_material"),
        ({"Authorization": "Basic sandbox"}, "invalid_authorization_material"),
        ({"Authorization": "Bearer"}, "invalid_authorization_material"),
    ],
)
def test_a_missing_or_wrong_key_is_refused(api: Api, headers: dict[str, str], code: str) -> None:
    """401, in the documented format."""
    del api.headers["Authorization"]

    response = api.get("/v1/identity", headers=headers)

    assert (response.status_code, problems(response)) == (401, [(code, "")])
    assert response.json()["type"] == "authentication_error"


def test_the_identity_tells_the_keys_roles(api: Api) -> None:
    """And the organisation by its dashboard."""
    keys = ("sandbox", "sandbox-editor", "sandbox-viewer")
    roles = {key: api.as_key(key).get("/v1/identity").json()["identity"] for key in keys}

    assert {"global_access", "manage_settings", "catalog_viewer"} < set(roles["sandbox"]["roles"])
    assert roles["sandbox-editor"]["roles"] == ["viewer", "incident_creator", "incident_editor"]
    assert roles["sandbox-viewer"]["roles"] == ["viewer"]
    assert roles["sandbox"]["dashboard_url"] == "https://app.incident.io/sandbox"


def test_the_viewer_only_reads(api: Api) -> None:
    """Every write is a 403 that names the missing scope."""
    incident = api.declare()
    viewer = api.as_key("sandbox-viewer")

    refused = {
        "incidents.create": viewer.declared(),
        "incidents.update_name": viewer.edited(incident, name="Mine"),
        "incidents.update_severity": viewer.edited(incident, severity_id=api.severity("Major")),
        "incident_updates.create": viewer.updated(incident, message="Mine"),
        "organisation_settings.update": viewer.post("/v1/severities", json={"name": "x", "description": ""}),
    }

    assert {answer.status_code for answer in refused.values()} == {403}
    for scope, answer in refused.items():
        assert scope in answer.json()["errors"][0]["message"]
    assert viewer.get("/v2/incidents").status_code == 200


def test_the_editor_works_on_incidents_only(api: Api) -> None:
    """Configuration is not for it."""
    editor = api.as_key("sandbox-editor")

    incident = editor.declare()
    editor.edit(incident, name="Mine", call_url="https://meet.example.com/1")
    editor.edit(incident, call_url="https://meet.example.com/2")

    for path in ("/v1/severities", "/v1/incident_statuses", "/v2/incident_roles", "/v2/custom_fields"):
        assert editor.post(path, json={}).status_code == 403
    assert editor.get("/v2/workflows").status_code == 403


def test_an_unknown_path_is_not_found(api: Api) -> None:
    """404, in the documented format; it names the path as it was sent."""
    paths = ("/v4/incidents", "/v2/nothing", "/v1/incidents", "/v2/incidents/", "/v2//incidents", "/v2/incidents/1/x")
    for path in paths:
        response = api.get(path)
        assert (response.status_code, response.json()["type"]) == (404, "not_found")
        assert response.json()["errors"][0]["message"] == f"there is no {path} in this API"


@pytest.mark.parametrize("path", ["//v2/incidents", "///v2/incidents", "//", "//_sandbox/requests"])
def test_slashes_too_many_are_told(api: Api, path: str) -> None:
    """They come from a base URL that ends in one; servers and libraries would leave them out."""
    response = api.get(f"http://sandbox{path}")

    assert (response.status_code, problems(response)) == (404, [("not_found", "")])
    assert response.json()["errors"][0]["message"] == f"there is no {path} in this API"
    assert api.app.requests()[-1]["path"] == path


def test_a_wrong_method_is_not_allowed(api: Api) -> None:
    """405, and the methods that are."""
    answers = {method: api.request(method, "/v2/incidents") for method in ("PUT", "DELETE", "PATCH", "OPTIONS")}

    assert {answer.status_code for answer in answers.values()} == {405}
    assert answers["PUT"].json()["type"] == "method_not_allowed"
    assert answers["PUT"].headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"rank": NaN}', b"[" * 100_000, b'{"rank": ' + b"9" * 5000]
)
def test_a_body_that_is_not_json_is_a_bad_request(api: Api, content: bytes) -> None:
    """400, whatever is wrong with it."""
    response = api.post("/v1/severities", content=content)

    assert (response.status_code, problems(response)) == (400, [("invalid_json", "")])


@pytest.mark.parametrize("body", [[], "x", 7, None])
def test_a_body_is_an_object(api: Api, body: Any) -> None:
    """422 for any other JSON."""
    response = api.post("/v1/severities", content=json.dumps(body))

    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "invalid_type")


@pytest.mark.parametrize("name", ["\ud800", None, 7, True, [], {}, ""])
def test_odd_values_are_refused(api: Api, name: Any) -> None:
    """Lone surrogates and wrong types are a 422 on the field, never a failure."""
    response = api.post("/v1/severities", content=json.dumps({"name": name, "description": "x"}))

    assert response.status_code == 422
    assert problems(response)[0][1] == "name"


def test_a_rank_fits_into_64_bits(api: Api) -> None:
    """A longer number is a 422."""
    response = api.post("/v1/severities", json={"name": "x", "description": "x", "rank": 2**63})

    assert problems(response) == [("invalid_value", "rank")]


def test_a_body_may_be_too_large(api: Api) -> None:
    """413 above four mebibytes."""
    response = api.post("/v1/severities", content=b'{"name": "' + b"x" * 5_000_000 + b'"}')

    assert (response.status_code, response.json()["type"]) == (413, "payload_too_large")


def test_an_unknown_person_cannot_act(api: Api) -> None:
    """The sandbox's own header names users of the organisation."""
    response = api.as_person("nobody@example.com").declared()

    assert (response.status_code, problems(response)) == (400, [("unknown_actor", "")])


def test_a_failure_is_an_answer_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is a documented 500 without a traceback, and changes nothing."""
    monkeypatch.setattr("reconciler.sandbox.incidents.once.remember", lambda *_: 1 / 0)

    response = api.declared()

    assert (response.status_code, response.json()["type"]) == (500, "api_error")
    assert "Traceback" not in response.text
    assert api.get("/v2/incidents").json()["incidents"] == []


def test_every_answer_tells_its_request_and_allowance(api: Api) -> None:
    """The headers are those of the document; an error's body has the same request ID."""
    response = api.get("/v2/nothing")

    assert response.headers["X-Request-Id"] == response.json()["request_id"]
    assert response.headers["X-RateLimit-Limit"] == "1200, 1200;window=60"
    assert response.headers["X-RateLimit-Remaining"] == "1199"
    assert response.headers["X-RateLimit-Used"] == "1"
    assert int(response.headers["X-RateLimit-Reset"]) > 1_700_000_000
    assert response.headers["Date"].endswith("GMT")


def test_over_the_limit_requests_are_refused(make_api: Maker) -> None:
    """429 with the time to wait, in the header and in the body; another key has an allowance of its own."""
    api = make_api(rates=Rates(3))

    answers = [api.get("/v1/identity") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert int(refused.headers["Retry-After"]) == 20
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.json()["rate_limit"].items() > {"name": "sandbox", "limit": 3, "remaining": 0}.items()
    assert api.as_key("sandbox-viewer").get("/v1/identity").status_code == 200


def test_requests_are_logged(api: Api) -> None:
    """Each that was handled, oldest first, with its outcome, its key and whether it changed data."""
    api.get("/v2/incidents", params={"page_size": 1})
    api.post("/v2/incidents", json={})
    incident = api.declare(idempotency_key="the-key")
    api.as_key("wrong").get("/v1/identity")

    log = api.app.requests()

    told = [(r["key"], r["method"], r["path"], r["status"], r["changed"]) for r in log]
    assert told[0] == ("sandbox", "GET", "/v2/incidents", 200, False)
    assert told[1] == ("sandbox", "POST", "/v2/incidents", 422, False)
    assert told[-2] == ("sandbox", "POST", "/v2/incidents", 200, True)
    assert told[-1] == (None, "GET", "/v1/identity", 401, False)
    assert log[0]["query"] == "page_size=1"
    assert log[-2]["idempotency_key"] == "the-key"
    assert log[-2]["time"] >= incident["created_at"]


def test_strange_texts_come_back_as_they_were(api: Api) -> None:
    """Markup, NUL, emoji and newlines are kept."""
    text = "<script>\x00 😀\r\n ' \" % \\ \u2028"

    assert api.declare(name=text, summary=text)["summary"] == text


def test_answers_have_no_body_for_head(api: Api) -> None:
    """HEAD is not documented, so it is not allowed either."""
    response: httpx.Response = httpx.Client(
        transport=httpx.WSGITransport(app=api.app), headers=api.headers, base_url="http://sandbox"
    ).head("/v2/incidents")

    assert (response.status_code, response.content) == (405, b"")


def test_a_person_is_known_by_their_address_in_any_case(api: Api) -> None:
    """As everywhere else where somebody is named by e-mail."""
    assert api.as_person("Bob@Example.com").declare()["creator"]["user"]["name"] == "Bob Baker"
