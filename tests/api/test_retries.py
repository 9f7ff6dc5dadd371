from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.api.retry import PATIENCE, Cause, Tries, Trouble
from reconciler.errors import AnswerLost, Unavailable, Unreachable

if TYPE_CHECKING:
    from respx import MockRouter

    from reconciler.api import Client

    from .stage import ManualClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OK = Response(200, json={"ok": True})


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectTimeout("timed out"),
        httpx.ReadTimeout("timed out"),
        httpx.ReadError("[Errno 104] Connection reset by peer"),
        httpx.WriteError("[Errno 32] Broken pipe"),
        httpx.RemoteProtocolError("server disconnected"),
        httpx.DecodingError("incorrect header check"),
        Response(408),
        Response(429),
        Response(500),
        Response(503),
    ],
)
def test_a_read_outlives_a_failure_that_passes(
    api: MockRouter, client: Client, failure: httpx.HTTPError | Response
) -> None:
    """Whatever transient thing happens to a read, it is sent again."""
    api.get("/v1/identity").side_effect = [failure, OK]

    assert client.get("/v1/identity").body == {"ok": True}


def test_a_read_of_a_host_that_is_not_there_gives_up_soon(api: MockRouter, client: Client, clock: ManualClock) -> None:
    """Without a connection there are three tries, and less than four seconds between them."""
    api.get("/v1/identity").side_effect = httpx.ConnectError("[Errno -2] Name or service not known")

    with pytest.raises(Unreachable) as caught:
        client.get("/v1/identity")

    assert str(caught.value) == (
        "GET /v1/identity: no connection to api.incident.io: Name or service not known; gave up after 3 tries"
    )
    assert client.request_count == 3
    assert sum(clock.waits) < 4


def test_a_certificate_that_is_not_trusted_has_its_own_hint(api: MockRouter, client: Client) -> None:
    """Behind a proxy that opens TLS, what helps is a certificate."""
    text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    api.get("/v1/identity").side_effect = httpx.ConnectError(text)

    with pytest.raises(Unreachable) as caught:
        client.get("/v1/identity")

    assert "SSL_CERT_FILE" in caught.value.hint


def test_a_read_without_an_answer_is_given_one_more_timeout(api: MockRouter, client: Client) -> None:
    """A server that is silent costs two timeouts, not five."""
    api.get("/v1/identity").side_effect = httpx.ReadTimeout("timed out")

    with pytest.raises(Unavailable, match="no answer in time; gave up after 2 tries"):
        client.get("/v1/identity")


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy"), httpx.ProxyError("403")],
)
def test_a_write_that_never_left_is_sent_again(api: MockRouter, client: Client, failure: httpx.HTTPError) -> None:
    """Where no connection was made nothing can have been carried out, so a write may be repeated."""
    api.post("/v2/incidents").side_effect = [failure, failure, OK]

    assert client.send("POST", "/v2/incidents", {}).body == {"ok": True}


def test_a_write_that_never_leaves_is_unreachable(api: MockRouter, client: Client) -> None:
    """Nobody has to look for what it became: it did not leave."""
    api.post("/v2/incidents").side_effect = httpx.ConnectError("refused")

    with pytest.raises(Unreachable):
        client.send("POST", "/v2/incidents", {})

    assert client.request_count == 3


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("timed out"),
        httpx.WriteTimeout("timed out"),
        httpx.ReadError("[Errno 104] Connection reset by peer"),
        httpx.WriteError("[Errno 32] Broken pipe"),
        httpx.RemoteProtocolError("server disconnected"),
        httpx.DecodingError("incorrect header check"),
    ],
)
def test_a_write_that_left_is_never_sent_again(api: MockRouter, client: Client, failure: httpx.HTTPError) -> None:
    """Once a write may have arrived, the client does not repeat it."""
    api.post("/v2/incidents").side_effect = failure

    with pytest.raises(AnswerLost):
        client.send("POST", "/v2/incidents", {})

    assert client.request_count == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "said",
    [
        ({"Retry-After": "7"}, {}),
        ({"Retry-After": "7", "X-RateLimit-Reset": "1"}, {"rate_limit": {"retry_after": 50}}),
        ({"Retry-After": format_datetime(NOON + timedelta(seconds=7), usegmt=True)}, {}),
        ({}, {"rate_limit": {"name": "n", "limit": 60, "remaining": 0, "retry_after": 7}}),
        ({"Retry-After": "soon"}, {"rate_limit": {"retry_after": 7}}),
        ({"X-RateLimit-Reset": str(int(NOON.timestamp()) + 7)}, {"rate_limit": "none"}),
    ],
)
def test_a_429_is_waited_out_as_long_as_it_says(
    api: MockRouter, client: Client, clock: ManualClock, method: str, said: tuple[dict[str, str], object]
) -> None:
    """Over the limit nothing was carried out: a read and a write wait what the answer says, and go again."""
    headers, body = said
    stamped = {"Date": format_datetime(NOON, usegmt=True), **headers}
    api.route(method=method, path="/v2/incidents").side_effect = [Response(429, headers=stamped, json=body), OK]

    client.get("/v2/incidents") if method == "GET" else client.send(method, "/v2/incidents", {})

    assert clock.waits[0] == 7
    assert client.request_count == 2


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "-5"}, {"Retry-After": "inf"}, {"X-RateLimit-Reset": "0"}])
def test_a_429_without_a_time_is_waited_out_anyway(
    api: MockRouter, client: Client, clock: ManualClock, headers: dict[str, str]
) -> None:
    """Without a usable time, the pauses grow by themselves, and end."""
    api.get("/v2/incidents").respond(429, headers=headers)

    with pytest.raises(Unavailable, match="answered 429"):
        client.get("/v2/incidents")

    assert sum(clock.waits) <= 300
    assert client.request_count <= 20


@pytest.mark.parametrize(("status", "asks"), [(429, "3600"), (503, "60")])
def test_a_pause_beyond_all_patience_is_not_begun(
    api: MockRouter, client: Client, clock: ManualClock, status: int, asks: str
) -> None:
    """An answer that asks to come back in an hour is told at once."""
    api.get("/v2/incidents").respond(status, headers={"Retry-After": asks})

    with pytest.raises(Unavailable):
        client.get("/v2/incidents")

    assert clock.waits == []


def test_a_503_is_waited_out_as_long_as_it_says(api: MockRouter, client: Client, clock: ManualClock) -> None:
    """Retry-After is respected on any answer that a read is repeated after."""
    api.get("/v2/incidents").side_effect = [Response(503, headers={"Retry-After": "11"}), OK]

    client.get("/v2/incidents")

    assert clock.waits == [11]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Cause), st.none() | st.floats(0, 1e6)), min_size=60, max_size=60))
def test_patience_ends(story: list[tuple[Cause, float | None]]) -> None:
    """Whatever happens in whatever order, tries and pauses are bounded."""
    tries, waited = Tries(), 0.0
    for cause, asks in story:
        pause = tries.pause(Trouble(cause, "", asks=asks))
        if pause is None:
            break
        waited += pause

    assert len(tries) <= sum(patience.tries for patience in PATIENCE.values())
    assert waited <= sum(patience.longest for patience in PATIENCE.values()) + 1e-6


def test_pauses_double_and_are_drawn_from_the_whole_range() -> None:
    """Full jitter: the longest possible pause doubles, the shortest is nothing."""
    rounds = []
    for _ in range(300):
        tries = Tries()
        rounds.append([tries.pause(Trouble(Cause.BROKEN, "")) or 0.0 for _ in range(4)])

    for number, pauses in enumerate(zip(*rounds, strict=True)):
        assert 0.8 * 2**number < max(pauses) <= 2**number
        assert min(pauses) < 0.2 * 2**number
