from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from httpx import Request, Response

from reconciler.api import connect
from reconciler.errors import ApiError, KeyProblem, ReconcilerError
from reconciler.secrecy import Secrets

from .stage import BASE_URL, ManualClock

if TYPE_CHECKING:
    from respx import MockRouter

    from .stage import Connect

CANARY = "inc_canary_0123456789abcdef"


Trouble = Response | httpx.HTTPError | Callable[[Request], Response]


def echo(status: int) -> Response:
    """Answer like a server that tells everybody what it was sent."""
    fault = {"code": CANARY, "message": f"Bearer {CANARY}", "source": {"field": CANARY}}
    return Response(status, json={"type": CANARY, "request_id": CANARY, "errors": [fault]})


def leak(request: Request) -> Response:
    """Fail like a library that shows the header which it could not send."""
    raise httpx.LocalProtocolError(f"illegal header value {request.headers['Authorization']!r}", request=request)


TROUBLES: list[Trouble] = [
    *(echo(status) for status in (400, 401, 403, 404, 408, 409, 412, 422, 429, 500, 503)),
    Response(502, html=f"<pre>Authorization: Bearer {CANARY}</pre>"),
    Response(200, html=f"<pre>Authorization: Bearer {CANARY}</pre>"),
    Response(200, text="", headers={"X-Request-ID": CANARY}),
    Response(302, headers={"Location": f"https://evil.example/{CANARY}"}),
    Response(302, headers={"Location": f"https://{CANARY.replace('_', '-')}.example/"}),
    httpx.ConnectError(f"cannot connect with {CANARY}"),
    httpx.ReadTimeout("timed out"),
    leak,
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_key_is_in_nothing_that_is_told(api: MockRouter, connected: Connect, trouble: Trouble, method: str) -> None:
    """Neither log nor error, nor its causes, nor a traceback with local variables, shows the key."""
    lines: list[str] = []
    client = connected(key=CANARY, log=lambda exchange: lines.append(repr(exchange)))
    api.route(path="/v2/incidents").side_effect = trouble if callable(trouble) else lambda _: _happen(trouble)

    with pytest.raises(ApiError) as caught:
        client.get("/v2/incidents") if method == "GET" else client.send(method, "/v2/incidents", {"name": "x"})

    told = [*lines, _everything(caught.value), repr(vars(caught.value)), repr(client), repr(vars(client))]
    assert lines
    assert CANARY not in "\n".join(told)


def _happen(trouble: Response | httpx.HTTPError) -> Response:
    if isinstance(trouble, Response):
        return trouble
    raise trouble


def _everything(error: BaseException | None) -> str:
    """Return an error as the most talkative reporter would print it, with its causes and their variables."""
    if error is None:
        return ""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in frames.stack if "reconciler" in frame.filename]
    variables = [value for frame in ours for value in (frame.locals or {}).values()]
    shown = [str(error), repr(error), getattr(error, "hint", ""), *variables]
    return "\n".join([*shown, _everything(error.__cause__), _everything(error.__context__)])


@pytest.mark.parametrize("key", [f"{CANARY}\nX-Evil: 1", f"{CANARY}\r\n{CANARY}", f"a{chr(0)}b", "a b", "clé", "a\x7f"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    """A line break that was pasted with the key is told before anything is sent, and the key is not."""
    with pytest.raises(KeyProblem) as caught:
        connect(BASE_URL, key)

    assert str(caught.value) == "the API key holds a line break, a space or another character that no key has"
    assert caught.value.hint == "copy the key again, alone and on one line"
    inner = [frame for frame in traceback.walk_tb(caught.tb) if "reconciler/api" in frame[0].f_code.co_filename]
    assert inner
    assert CANARY not in "".join(repr(value) for frame, _ in inner for value in frame.f_locals.values())


@pytest.mark.parametrize("key", ["", "  \n"])
def test_an_empty_key_is_no_key(key: str) -> None:
    """A variable that is set to nothing is told as such."""
    with pytest.raises(KeyProblem, match="the API key is empty"):
        connect(BASE_URL, key)


def test_space_around_the_key_does_no_harm(api: MockRouter, connected: Connect) -> None:
    """The line break at the end of a key file is no part of the key."""
    route = api.get("/v1/identity").respond(200, json={})

    connected(key=f"  {CANARY}\n").get("/v1/identity")

    assert route.calls.last.request.headers["Authorization"] == f"Bearer {CANARY}"


def test_a_log_line_says_what_support_asks_for(api: MockRouter, connected: Connect) -> None:
    """One line a request: method, path with its query, status, request ID, milliseconds; no header."""
    lines: list[str] = []
    api.get("/v2/incidents").side_effect = [
        Response(503, json={"request_id": "01REQ"}),
        httpx.ReadError("[Errno 104] Connection reset by peer"),
        Response(200, json={}, headers={"X-Request-ID": "01ABC"}),
    ]

    connected(log=lambda exchange: lines.append(str(exchange))).get("/v2/incidents", {"page_size": 2})

    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        "GET /v2/incidents?page_size=2 503 01REQ",
        "GET /v2/incidents?page_size=2 the connection broke: Connection reset by peer -",
        "GET /v2/incidents?page_size=2 200 01ABC",
    ]
    assert all(line.rsplit(" ", 2)[1].isdigit() and line.endswith(" ms") for line in lines)


def test_a_client_that_only_reads_sends_nothing_else(api: MockRouter, clock: ManualClock) -> None:
    """Plan only reads: another method raises before it leaves, as a defect of ours."""
    with connect(BASE_URL, CANARY, read_only=True, clock=clock) as client:
        for method in ("POST", "PUT", "PATCH", "DELETE", "post"):
            with pytest.raises(ReconcilerError, match="this client only reads") as caught:
                client.send(method, "/v2/incidents", {})
            assert not isinstance(caught.value, ApiError)

        assert (client.request_count, api.calls.call_count) == (0, 0)


def test_a_key_in_the_data_of_an_account_is_hidden_and_the_answer_is_known_not_to_be_whole(
    api: MockRouter, connected: Connect
) -> None:
    """However JSON writes it, and whichever of the keys within reach it is: nothing that is read holds one."""
    other = "inc_other_0123456789abcdef"
    escaped = "".join(f"\\u{ord(one):04x}" for one in CANARY)
    names = f'{{"name": "{CANARY}", "list": [{{"{other}": "x {escaped}"}}], "rank": 3}}'
    api.get("/v1/severities").side_effect = [Response(200, text=names), Response(200, text='{"name": "\\u0041"}')]
    client = connected(key=CANARY, secrets=Secrets().with_keys([other]))

    leaking, whole = client.get("/v1/severities"), client.get("/v1/severities")

    assert leaking.body == {"name": "[key]", "list": [{"[key]": "x [key]"}], "rank": 3}
    assert not leaking.is_whole
    assert (whole.body, whole.is_whole) == ({"name": "A"}, True)
