from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import AnswerLost, Unavailable

from .stage import whole

if TYPE_CHECKING:
    from .stage import Connect, Serve

GOOD = whole(b'{"ok": true}')
BROKEN = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a body": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"incidents": [',
    "half a chunk": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"',
    "half an object to the end": b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"incidents": [',
    "a gzip that is none": whole(b'{"ok": true}', headers=b"Content-Encoding: gzip\r\n"),
    "half a gzip": whole(gzip.compress(b'{"ok": true}' * 99)[:30], headers=b"Content-Encoding: gzip\r\n"),
    "a page": whole(b"<html><body><h1>502 Bad Gateway</h1></body></html>", b"502 Bad Gateway"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_read_outlives_a_broken_answer(connected: Connect, serve: Serve, broken: bytes) -> None:
    """Whatever a socket can do to an answer, a read is sent again."""
    server = serve(broken, GOOD)

    assert connected(server.url).get("/v1/identity").body == {"ok": True}
    assert len(server.requests) == 2


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_write_is_lost_with_its_answer(connected: Connect, serve: Serve, broken: bytes) -> None:
    """Whatever a socket can do to an answer, a write is sent once, and told as lost."""
    server = serve(broken, GOOD)

    with pytest.raises(AnswerLost):
        connected(server.url).send("POST", "/v2/incidents", {"name": "x"})

    assert len(server.requests) == 1


def test_a_reset_loses_the_answer_to_a_write(connected: Connect, serve: Serve) -> None:
    """A connection that is reset after the request arrived leaves open what became of it."""
    server = serve(b"", reset=True)

    with pytest.raises(AnswerLost):
        connected(server.url).send("POST", "/v2/incidents", {"name": "x"})

    assert len(server.requests) == 1


def test_a_reset_read_is_read_again_until_patience_ends(connected: Connect, serve: Serve) -> None:
    """Five resets in a row are told as an API that cannot serve."""
    server = serve(b"", reset=True)

    with pytest.raises(Unavailable, match="gave up after 5 tries"):
        connected(server.url).get("/v1/identity")

    assert len(server.requests) == 5


def test_a_timeout_loses_the_answer_to_a_write(connected: Connect, serve: Serve) -> None:
    """A server that takes the request and says nothing costs one timeout, and the write is told as lost."""
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", hang=True)

    with pytest.raises(AnswerLost, match="no answer in time"):
        connected(server.url).send("POST", "/v2/incidents", {}, timeout=0.1)

    assert len(server.requests) == 1
