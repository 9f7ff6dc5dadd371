from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from httpx import Response

from reconciler.api import Answer, Client
from reconciler.errors import (
    AnswerLost,
    Conflict,
    Exit,
    Fault,
    Forbidden,
    Missing,
    Redirected,
    Rejected,
    Unauthorised,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from respx import MockRouter

    from reconciler.errors import ApiError

PROXY_PAGE = """<!DOCTYPE html>
<html><head><title>Oops</title><style>h1 {color: red}</style></head>
<body><script>alert(1)</script>
<h1>502 \x1b[31mBad\x07 Gateway</h1><p>and much more</p></body></html>"""


def refusal(status: int, *faults: dict[str, Any], kind: str = "validation_error") -> Response:
    """Return an answer in the API's error format."""
    return Response(status, json={"type": kind, "status": status, "request_id": "01REQ", "errors": list(faults)})


def test_an_answer_is_told_as_it_came(api: MockRouter, client: Client) -> None:
    """Body, status, request ID and the server's own time come through; unknown fields are untouched."""
    body = {"identity": {"name": "ci", "roles": ["a-role-of-tomorrow"]}, "news": None}
    headers = {"X-Request-ID": "01ABC", "Date": "Fri, 20 Nov 2026 09:12:00 GMT"}
    api.get("/v1/identity").respond(200, json=body, headers=headers)

    answer = client.get("/v1/identity")

    assert answer == Answer(200, body, "01ABC", datetime(2026, 11, 20, 9, 12, tzinfo=UTC))


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Nov 2026 09:12:00 GMT"])
def test_a_date_that_is_none_does_no_harm(api: MockRouter, client: Client, date: str) -> None:
    """An answer without a usable Date is an answer without a time."""
    api.get("/v1/identity").respond(200, json={}, headers={"Date": date})

    assert client.get("/v1/identity").at is None


@pytest.mark.parametrize(("method", "status"), [("POST", 202), ("POST", 204), ("DELETE", 200), ("DELETE", 204)])
def test_an_answer_may_be_empty_where_nothing_is_to_be_said(
    api: MockRouter, client: Client, method: str, status: int
) -> None:
    """Deletions and accepted requests answer with nothing, which is an empty object."""
    api.route(method=method, path="/v1/severities/01").respond(status)

    assert client.send(method, "/v1/severities/01", None).body == {}


def test_a_body_is_sent_as_json(api: MockRouter, client: Client) -> None:
    """What is sent is the given object, as JSON, by this program."""
    route = api.post("/v2/incidents").respond(200, json={"incident": {"id": "01"}})

    client.send("post", "/v2/incidents", {"name": "Käse"})

    request = route.calls.last.request
    assert request.content == '{"name":"Käse"}'.encode()
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("incident-reconciler/")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthorised),
        (403, Forbidden),
        (404, Missing),
        (409, Conflict),
        (413, Rejected),
        (422, Rejected),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_no_is_asked_for_once(
    api: MockRouter, client: Client, method: str, status: int, kind: type[Rejected]
) -> None:
    """A refusal is final: it has its own class and exit code, and is not asked for again."""
    route = api.route(path="/v2/incidents").mock(
        return_value=refusal(status, {"code": "no", "message": "no", "source": {"field": "name"}})
    )

    with pytest.raises(kind) as caught:
        client.get("/v2/incidents") if method == "GET" else client.send(method, "/v2/incidents", {})

    assert type(caught.value) is kind
    assert caught.value.exit_code == (Exit.KEY if status in {401, 403} else Exit.NOT_ALL_DONE)
    assert route.call_count == 1


def test_a_refusal_says_which_field_and_which_request(api: MockRouter, client: Client) -> None:
    """Code, field, message and request ID are in the sentence, and as facts on the error."""
    fault = {"code": "is_required", "message": "A severity is required", "source": {"field": "severity_id"}}
    api.post("/v2/incidents").mock(return_value=refusal(422, fault))

    with pytest.raises(Rejected) as caught:
        client.send("POST", "/v2/incidents", {})

    assert str(caught.value) == (
        "POST /v2/incidents: 422 severity_id: A severity is required (is_required) (request 01REQ)"
    )
    assert caught.value.faults == (Fault("is_required", "A severity is required", "severity_id"),)
    assert (caught.value.kind, caught.value.request_id) == ("validation_error", "01REQ")


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "already_used", "message": "m", "source": {"field": "idempotency_key"}},
        {"code": "already_used", "message": "m", "source": {"pointer": "/incident/idempotency_key"}},
        {"code": "idempotency_key_conflict", "message": "m"},
    ],
)
def test_a_422_about_the_idempotency_key_is_a_conflict(api: MockRouter, client: Client, fault: dict[str, Any]) -> None:
    """The API may say "this key was used before" as a 422 as well as a 409."""
    api.post("/v2/incidents").mock(return_value=refusal(422, fault))

    with pytest.raises(Conflict):
        client.send("POST", "/v2/incidents", {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<h1>no</h1>",
        b'{"errors": "no"}',
        b'{"errors": [1, {"source": 3}]}',
        b'{"type": 1, "request_id": []}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_refusal_of_any_shape_is_a_refusal(api: MockRouter, client: Client, body: bytes) -> None:
    """A 4xx with a body that nobody expects is told without crashing."""
    api.post("/v2/incidents").respond(422, content=body)

    with pytest.raises(Rejected, match="POST /v2/incidents: 422 "):
        client.send("POST", "/v2/incidents", {})


def test_a_refusal_by_something_else_than_the_api_says_so(api: MockRouter, client: Client) -> None:
    """A firewall's 403 page is not blamed on the key's roles."""
    api.get("/v1/identity").respond(403, html="<h1>Blocked by policy</h1>")

    with pytest.raises(Forbidden) as caught:
        client.get("/v1/identity")

    assert str(caught.value) == "GET /v1/identity: 403 Blocked by policy"
    assert caught.value.hint == "this was no answer of incident.io: check the proxy settings and --base-url"


def test_a_redirect_is_not_followed(api: MockRouter, client: Client) -> None:
    """A 3xx is told with the host it points to, no more of it, and nothing is sent there."""
    target = "https://login.example.com/sso?token=canary"
    api.get("/v1/identity").respond(302, headers={"Location": target})

    with pytest.raises(Redirected) as caught:
        client.get("/v1/identity")

    assert str(caught.value) == "GET /v1/identity: answered 302, pointing to login.example.com"
    assert "--base-url" in caught.value.hint
    assert caught.value.exit_code == Exit.UNREACHABLE
    assert client.request_count == 1


@pytest.mark.parametrize("location", ["", "http://[", "//"])
def test_a_redirect_to_nowhere_is_a_redirect(api: MockRouter, client: Client, location: str) -> None:
    """A Location that makes no sense does not crash the client."""
    api.get("/v1/identity").respond(301, headers={"Location": location})

    with pytest.raises(Redirected):
        client.get("/v1/identity")


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, PROXY_PAGE.encode()), (200, b'{"incidents": [{"id"'), (200, b""), (200, b"[1]"), (200, b"\xff")],
)
def test_a_read_survives_a_body_that_is_none(api: MockRouter, client: Client, status: int, body: bytes) -> None:
    """A proxy's page, half an answer or an empty one is asked for again, and the answer then is the answer."""
    route = api.get("/v2/incidents")
    route.side_effect = [Response(status, content=body), Response(200, json={"incidents": []})]

    assert client.get("/v2/incidents").body == {"incidents": []}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (502, PROXY_PAGE.encode(), "answered 502: 502 [31mBad Gateway"),
        (200, b'{"incidents": [', 'answered 200 with something else than a JSON object: {"incidents": ['),
        (200, b"", "answered 200 with something else than a JSON object: nothing"),
        (503, b"x" * 5000, f"answered 503: {'x' * 119}…"),
        (500, b'{"type": "api_error", "errors": []}', "answered 500: api_error"),
    ],
)
def test_a_read_that_stays_broken_tells_one_harmless_line(
    api: MockRouter, client: Client, status: int, body: bytes, said: str
) -> None:
    """The first line is told without markup or control characters, at most 120 characters long."""
    api.get("/v2/incidents").respond(status, content=body)

    with pytest.raises(Unavailable) as caught:
        client.get("/v2/incidents")

    assert str(caught.value) == f"GET /v2/incidents: {said}; gave up after 5 tries"
    assert caught.value.status == status


@pytest.mark.parametrize("status", [408, 412, 500, 502, 503, 504])
def test_a_write_is_not_repeated_when_nobody_knows(api: MockRouter, client: Client, status: int) -> None:
    """After a status that leaves open whether the write was carried out, the caller decides, who knows keys."""
    route = api.post("/v2/incidents").mock(return_value=refusal(status))

    with pytest.raises(AnswerLost) as caught:
        client.send("POST", "/v2/incidents", {})

    assert route.call_count == 1
    assert (caught.value.status, caught.value.request_id) == (status, "01REQ")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"incident": {', b"<html>"])
def test_a_write_whose_answer_is_unreadable_is_lost(api: MockRouter, client: Client, body: bytes) -> None:
    """A 200 whose object did not arrive says nothing about what was created."""
    route = api.post("/v2/incidents").respond(200, content=body)

    with pytest.raises(AnswerLost):
        client.send("POST", "/v2/incidents", {})

    assert route.call_count == 1


def test_a_proxy_that_wants_a_password_is_unreachable(api: MockRouter, client: Client) -> None:
    """407 comes from a proxy: the request did not get past it."""
    api.post("/v2/incidents").respond(407)

    with pytest.raises(Unreachable, match="the proxy answered 407"):
        client.send("POST", "/v2/incidents", {})


def test_every_error_names_the_request(api: MockRouter, client: Client) -> None:
    """The query is no part of the path that an error names."""
    api.get("/v2/incidents").mock(return_value=refusal(404))

    with pytest.raises(Missing) as caught:
        client.get("/v2/incidents?a=b", {"c": "d"})

    error: ApiError = caught.value
    assert (error.method, error.path) == ("GET", "/v2/incidents")
