"""What the tests of the client share: a clock that only waits on paper, and clients that are closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import respx

from reconciler.api import Client, connect

from .stage import BASE_URL, KEY, ManualClock, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .stage import Connect, Serve


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    # Reading a machine's certificates takes longer than most of these tests.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


@pytest.fixture
def stop() -> threading.Event:
    """Return the wish to stop."""
    return threading.Event()


@pytest.fixture
def clock(stop: threading.Event) -> ManualClock:
    """Return a clock that passes at once, and remembers each wait."""
    return ManualClock(stop)


@pytest.fixture
def connected(clock: ManualClock) -> Iterator[Connect]:
    """Return `connect` with the clock of the test; what it makes is closed."""
    clients: list[Client] = []

    def make(base_url: str = BASE_URL, key: str = KEY, **options: object) -> Client:
        clients.append(connect(base_url, key, **{"clock": clock, **options}))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connected: Connect) -> Client:
    """Return a client of the account that `api` plays."""
    return connected()


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """Play the API: a request that no route expects fails the test."""
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a maker of servers on this machine that send exactly the bytes they are given."""
    servers: list[Server] = []

    def make(*answers: bytes, reset: bool = False, hang: bool = False) -> Server:
        servers.append(Server(answers, reset=reset, hang=hang))
        return servers[-1]

    yield make
    for server in servers:
        server.close()
