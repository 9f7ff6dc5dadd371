from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from reconciler.api.pacing import ACCOUNT, Limit, Told
from reconciler.api.turns import Turns
from reconciler.errors import Unavailable

if TYPE_CHECKING:
    from respx import MockRouter

    from reconciler.api import Client

    from .stage import ManualClock

NARROW = {"X-RateLimit-Limit": "60, 1200;window=60, 60;window=60", "X-RateLimit-Remaining": "0"}
WIDE = {"X-RateLimit-Limit": "1200, 1200;window=60", "X-RateLimit-Remaining": "1000"}


def test_threads_share_one_allowance(clock: ManualClock) -> None:
    """1,300 requests of 20 threads take the time that 100 of them need to be refilled, and no less."""
    turns, began = Turns(clock), clock.now()

    def send(_: int) -> None:
        with turns.turn("GET /v2/incidents"):
            pass

    with ThreadPoolExecutor(20) as threads:
        list(threads.map(send, range(1300)))

    assert clock.now() - began >= 100 / 20 - 1e-6


def test_an_answer_that_says_nothing_remains_slows_the_next_request(
    api: MockRouter, client: Client, clock: ManualClock
) -> None:
    """The allowance that others spent is waited for, before a 429 says so."""
    headers = {"X-RateLimit-Limit": "1200, 1200;window=60", "X-RateLimit-Remaining": "0"}
    api.get("/v2/incidents").respond(200, json={}, headers=headers)

    client.get("/v2/incidents")
    client.get("/v2/incidents")

    assert clock.waits == [pytest.approx(1 / 20)]


def test_a_narrow_limit_slows_its_own_route_only(api: MockRouter, client: Client, clock: ManualClock) -> None:
    """That escalations are limited to 60 a minute does not make incidents wait."""
    api.post("/v2/escalations").respond(200, json={}, headers=NARROW)
    api.get("/v2/incidents").respond(200, json={}, headers=WIDE)
    client.send("POST", "/v2/escalations", {})

    client.get("/v2/incidents")
    assert clock.waits == []
    client.send("POST", "/v2/escalations", {})

    assert clock.waits == [pytest.approx(1)]


def test_a_429_makes_every_request_wait(api: MockRouter, client: Client, clock: ManualClock) -> None:
    """Once the allowance is used up, no other request runs into the same answer, and none waits over two minutes."""
    api.get("/v2/incidents").respond(429, headers={"Retry-After": "3600"})
    api.get("/v1/identity").respond(200, json={})
    with pytest.raises(Unavailable):
        client.get("/v2/incidents")

    client.get("/v1/identity")

    assert sum(clock.waits) == pytest.approx(120)


def test_a_request_that_is_answered_is_no_longer_under_way(clock: ManualClock) -> None:
    """One after the other, all 1,200 requests leave at once."""
    turns = Turns(clock)

    for sent in range(1, 1201):
        with turns.turn("GET /v1/identity"):
            pass
        turns.learn("GET /v1/identity", Told((ACCOUNT,), ACCOUNT, 1200 - sent))

    assert clock.waits == []


@pytest.mark.parametrize(
    "limit", ["", "0", "-5", "∞".encode().decode("latin-1"), "1;window=0", "0;window=60", "1;window=999999999"]
)
def test_headers_of_nonsense_stop_nothing(api: MockRouter, client: Client, clock: ManualClock, limit: str) -> None:
    """A header that no limit can have is passed over."""
    headers = {"X-RateLimit-Limit": limit.encode("latin-1"), "X-RateLimit-Remaining": b"-1", "X-RateLimit-Reset": b"x"}
    api.get("/v1/identity").respond(200, json={}, headers=headers)  # type: ignore[arg-type]

    for _ in range(3):
        client.get("/v1/identity")

    assert sum(clock.waits) <= 120


def test_a_limit_that_two_routes_name_is_one_bucket(clock: ManualClock) -> None:
    """The account's allowance is not multiplied by the number of routes that have told it."""
    turns, told = Turns(clock), Told((Limit(2, 60),), Limit(2, 60), 2)
    for route in ("GET /a", "GET /b"):
        turns.learn(route, told)
    for route in ("GET /a", "GET /b", "GET /a"):
        with turns.turn(route):
            pass

    assert sum(clock.waits) == pytest.approx(30)


def test_requests_are_counted_over_all_threads(api: MockRouter, client: Client) -> None:
    """No request is lost from the count when many leave at once."""
    api.get("/v1/identity").respond(200, json={})
    gate = threading.Barrier(8)

    def send(_: int) -> None:
        gate.wait()
        for _ in range(10):
            client.get("/v1/identity")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, range(8)))

    assert client.request_count == 80
