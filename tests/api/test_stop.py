from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from httpx import Request, Response

from reconciler.api import Clock
from reconciler.api.pacing import Told
from reconciler.api.turns import Turns
from reconciler.errors import Interrupted

if TYPE_CHECKING:
    from respx import MockRouter

    from reconciler.api import Client

    from .stage import Connect


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_request_leaves_after_a_stop(api: MockRouter, client: Client, stop: threading.Event, method: str) -> None:
    """Once a signal has come, reads and writes alike stay here."""
    stop.set()

    with pytest.raises(Interrupted):
        client.get("/v1/identity") if method == "GET" else client.send(method, "/v2/incidents", {})

    assert (client.request_count, api.calls.call_count) == (0, 0)


def test_a_request_under_way_is_finished(api: MockRouter, client: Client, stop: threading.Event) -> None:
    """The answer to what had left before the signal is told, so that it can be recorded."""

    def interrupt(_: Request) -> Response:
        stop.set()
        return Response(200, json={"incident": {"id": "01"}})

    api.post("/v2/incidents").mock(side_effect=interrupt)

    assert client.send("POST", "/v2/incidents", {}).body == {"incident": {"id": "01"}}


def test_a_stop_ends_the_tries(api: MockRouter, client: Client, stop: threading.Event) -> None:
    """A request that failed while the signal came is not sent again."""

    def interrupt(_: Request) -> Response:
        stop.set()
        return Response(503)

    api.get("/v1/identity").mock(side_effect=interrupt)

    with pytest.raises(Interrupted):
        client.get("/v1/identity")

    assert client.request_count == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_stop_ends_a_pause_at_once(api: MockRouter, connected: Connect, stop: threading.Event, status: int) -> None:
    """Nobody waits for a Retry-After to pass before the program ends; the clock is a real one here."""
    api.get("/v1/identity").respond(status, headers={"Retry-After": "25"})
    client = connected(clock=None, stop=stop)
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()

    with pytest.raises(Interrupted):
        client.get("/v1/identity")

    assert time.monotonic() - began < 5


def test_a_stop_ends_the_wait_for_a_turn_at_once() -> None:
    """So does the wait for the rate limit."""
    stop = threading.Event()
    turns = Turns(Clock(stop))
    turns.hold("GET /v1/identity", Told(), 60)
    threading.Timer(0.05, stop.set).start()
    began = time.monotonic()

    with pytest.raises(Interrupted), turns.turn("GET /v1/identity"):
        pass

    assert time.monotonic() - began < 5


def test_an_interruption_says_how_to_go_on() -> None:
    """Exit code 130, and the next thing to type."""
    assert (Interrupted().exit_code, Interrupted().hint) == (
        130,
        "run the same command again: it goes on where this one stopped",
    )
