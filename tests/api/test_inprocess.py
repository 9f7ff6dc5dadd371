from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.api import in_process
from reconciler.errors import AnswerLost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from .stage import Connect


class Dropped(Exception):
    """The application hangs up."""


class App:
    """A WSGI application that echoes what it is asked, and hangs up on its first `drops` requests."""

    def __init__(self, drops: int = 0, *, half_way: bool = False) -> None:
        self.drops, self.half_way, self.closed = drops, half_way, 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hang up: before the head, or between head and body."""
        if self.drops and not self.half_way:
            self.drops -= 1
            raise Dropped
        start_response("200 OK", [("Content-Type", "application/json")])
        return _Body(self, environ)


class _Body:
    def __init__(self, app: App, environ: WSGIEnvironment) -> None:
        self._app, self._environ = app, environ

    def __iter__(self) -> Iterator[bytes]:
        if self._app.drops:
            self._app.drops -= 1
            raise Dropped
        names = ("REQUEST_METHOD", "QUERY_STRING", "HTTP_AUTHORIZATION")
        seen = {name: self._environ[name] for name in names}
        seen["PATH_INFO"] = self._environ["PATH_INFO"].encode("latin-1").decode()
        seen["body"] = self._environ["wsgi.input"].read().decode()
        yield json.dumps(seen).encode()

    def close(self) -> None:
        self._app.closed += 1


def test_an_application_in_this_process_is_an_account(connected: Connect) -> None:
    """Method, path, query, key and body arrive as they would through a socket."""
    app = App()
    client = connected("http://127.0.0.1", "sandbox", transport=in_process(app, Dropped))

    answer = client.send("POST", "/v2/incidents/Größe?a=b", {"x": 1})

    assert answer.body == {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v2/incidents/Größe",
        "QUERY_STRING": "a=b",
        "HTTP_AUTHORIZATION": "Bearer sandbox",
        "body": '{"x":1}',
    }
    assert app.closed == 1


@pytest.mark.parametrize("half_way", [False, True])
def test_a_dropped_write_is_lost(connected: Connect, half_way: bool) -> None:
    """Where the application hangs up, before or after its head, nobody knows what became of the write."""
    client = connected("http://127.0.0.1", transport=in_process(App(1, half_way=half_way), Dropped))

    with pytest.raises(AnswerLost):
        client.send("POST", "/v2/incidents", {})


@pytest.mark.parametrize("half_way", [False, True])
def test_a_dropped_read_is_read_again(connected: Connect, half_way: bool) -> None:
    """A read outlives hang-ups."""
    client = connected("http://127.0.0.1", transport=in_process(App(2, half_way=half_way), Dropped))

    assert client.get("/v1/identity").status == 200


def test_a_defect_of_the_application_is_not_hidden(connected: Connect) -> None:
    """Any other exception passes through."""

    class OtherError(Exception):
        pass

    client = connected("http://127.0.0.1", transport=in_process(App(1), OtherError))

    with pytest.raises(Dropped):
        client.get("/v1/identity")
