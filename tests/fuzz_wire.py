"""Messages that are no decent HTTP, a way to send them to a port, and what comes back."""

from __future__ import annotations

import http.client
import socket
import subprocess
from contextlib import closing, contextmanager, suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hypothesis import strategies as st

from tests.processes import RECONCILER, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATIENCE = 30.0
"""Seconds after which a server that says nothing is taken for stuck."""

Address = tuple[str, int]

_KEY = b"Host: localhost\r\nAuthorization: Bearer sandbox\r\n"
_JSON = _KEY + b"Content-Type: application/json\r\n"
_BODY = b'{"name": "Huge", "description": "All is lost", "rank": 77}'
_POST = b"POST /v1/severities HTTP/1.1\r\n" + _JSON


def _get(line: bytes, headers: bytes = _KEY) -> bytes:
    return line + b"\r\n" + headers + b"\r\n"


def _post(body: bytes, headers: bytes = b"", length: bytes | None = None) -> bytes:
    length = str(len(body)).encode() if length is None else length
    return _POST + headers + b"Content-Length: " + length + b"\r\n\r\n" + body


def _chunked(body: bytes, headers: bytes = b"") -> bytes:
    return _POST + headers + b"Transfer-Encoding: chunked\r\n\r\n" + body


def _own(path: str, body: bytes) -> bytes:
    return f"POST /_sandbox/{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


OWN = ("faults", "snapshot", "restore", "spend")
BODIES = (
    b"",
    b"\xff",
    b"[]",
    b'{"": 1}',
    b"[" * 5000,
    b'{"faults": [{"kind": ["drop-after"], "requests": 1e999, "probability": "x", "times": -1}]}',
    b'{"faults": [{"kind": "429", "seconds": 1' + b"0" * 400 + b"}]}",
    b'{"name": "..\\u0000/\\ud800", "seed": 1.5, "faults": null}',
    b'{"requests": 99999999999999999999999, "key": "\\ud800"}',
)
DECENT = _get(b"GET /v1/identity HTTP/1.1")

WHOLE: Mapping[str, bytes] = {
    "no version": _get(b"GET /v1/identity"),
    "version of the future": _get(b"GET /v1/identity HTTP/9.9"),
    "version that is none": _get(b"GET /v1/identity HTTP/x"),
    "nothing but a method": _get(b"GET"),
    "too many words": _get(b"GET /v1/identity /v1/identity HTTP/1.1"),
    "no method": _get(b" /v1/identity HTTP/1.1"),
    "method of its own": _get(b"BREW /v1/identity HTTP/1.1"),
    "method in small letters": _get(b"get /v1/identity HTTP/1.1"),
    "method that is no word": _get(b"G(T /v1/identity HTTP/1.1"),
    "zeros": b"\x00\x00\x00\x00\r\n\r\n",
    "noise": bytes(range(128, 256)) + b"\r\n\r\n",
    "empty lines first": b"\r\n\r\n\r\n" + _get(b"GET /v1/identity HTTP/1.1"),
    "path that is not UTF-8": _get(b"GET /v1/severities/%FF%FE HTTP/1.1"),
    "path of raw bytes": _get(b"GET /v1/severities/\xff\xfe HTTP/1.1"),
    "path with a zero": _get(b"GET /v1/severities/%00 HTTP/1.1"),
    "path with broken escapes": _get(b"GET /v1/severities/%zz%1 HTTP/1.1"),
    "path with a line break": _get(b"GET /v1/severities/%0d%0aX-Evil:%201 HTTP/1.1"),
    "path that climbs": _get(b"GET /v1/../../../etc/passwd HTTP/1.1"),
    "path without a slash": _get(b"GET v1/identity HTTP/1.1"),
    "whole address": _get(b"GET http://elsewhere:99999/v1/identity HTTP/1.1"),
    "address that is none": _get(b"GET http://[::1 HTTP/1.1"),
    "star": _get(b"OPTIONS * HTTP/1.1"),
    "tunnel": _get(b"CONNECT example.com:443 HTTP/1.1"),
    "fragment": _get(b"GET /v1/identity#here HTTP/1.1"),
    "query of raw bytes": _get(b"GET /v1/severities?\xff=\xfe HTTP/1.1"),
    "query without end": _get(b"GET /v1/severities?" + b"a=b&" * 20_000 + b" HTTP/1.1"),
    "path without end": _get(b"GET /" + b"a" * 100_000 + b" HTTP/1.1"),
    "huge header": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"X: " + b"a" * 300_000 + b"\r\n"),
    "many headers": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"".join(b"X-%d: 1\r\n" % n for n in range(30_000))),
    "header without a colon": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"nonsense\r\n"),
    "header without a name": _get(b"GET /v1/identity HTTP/1.1", _KEY + b": nonsense\r\n"),
    "header with a zero": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"X: a\x00b\r\n"),
    "header of raw bytes": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"X-Sandbox-Actor: \xff\xfe\r\n"),
    "header that goes on": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"X: a\r\n b\r\n"),
    "key of raw bytes": _get(b"GET /v1/identity HTTP/1.1", b"Authorization: Bearer \xff\xfe\r\n"),
    "two keys": _get(b"GET /v1/identity HTTP/1.1", _KEY + _KEY),
    "no host": _get(b"GET /v1/identity HTTP/1.1", b"Authorization: Bearer sandbox\r\n"),
    "host that is none": _get(b"GET /v1/identity HTTP/1.1", b"Host: [::1\r\nAuthorization: Bearer sandbox\r\n"),
    "length that is no number": _post(_BODY, length=b"many"),
    "length below nothing": _post(_BODY, length=b"-1"),
    "length with a sign": _post(_BODY, length=b"+58"),
    "length in hexadecimal": _post(_BODY, length=b"0x3a"),
    "length of many digits": _post(_BODY, length=b"9" * 5000),
    "length without a number": _post(_BODY, length=b""),
    "two lengths": _post(_BODY, headers=b"Content-Length: 3\r\n"),
    "length shorter than the body": _post(_BODY, length=b"10"),
    "body without a length": _POST + b"\r\n" + _BODY,
    "body where none belongs": b"GET /v1/identity HTTP/1.1\r\n" + _KEY + b"Content-Length: 3\r\n\r\nabc",
    "no body": _post(b""),
    "body that is not JSON": _post(b"name=Huge"),
    "body that is not UTF-8": _post(b'{"name": "\xff"}'),
    "body in UTF-16": _post(_BODY.decode().encode("utf-16")),
    "body with a mark before it": _post(b"\xef\xbb\xbf" + _BODY),
    "body of zeros": _post(b"\x00" * 1000),
    "body that nests deeply": _post(b'{"name": ' + b"[" * 200_000),
    "body that nests deeply and ends": _post(b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "body with a number without end": _post(b'{"rank": ' + b"9" * 100_000 + b"}"),
    "body with a key twice": _post(b'{"name": 7, "name": "a", "description": "b", "rank": "c", "rank": 78}'),
    "body that is too large": _post(b" " * (5 * 1024 * 1024)),
    "body of another type": _post(_BODY, headers=b"Content-Type: text/plain\r\n"),
    "body of a broken type": _post(_BODY, headers=b"Content-Type: ;;;=\r\n"),
    "body said to be packed": _post(_BODY, headers=b"Content-Encoding: gzip\r\n"),
    "form": _post(b"--x\r\n\r\n--x--", headers=b"Content-Type: multipart/form-data; boundary=x\r\n"),
    "chunks": _chunked(b"5\r\n{  \n \r\n1\r\n}\r\n0\r\n\r\n"),
    "chunk with an extension": _chunked(b"2;a=b\r\n{}\r\n0\r\n\r\n"),
    "chunk with a trailer": _chunked(b"2\r\n{}\r\n0\r\nX: 1\r\n\r\n"),
    "chunk that is longer than it says": _chunked(b"1\r\n{}\r\n0\r\n\r\n"),
    "chunk whose size is no number": _chunked(b"many\r\n{}\r\n0\r\n\r\n"),
    "chunk whose size is below nothing": _chunked(b"-2\r\n{}\r\n0\r\n\r\n"),
    "chunks and a length": _chunked(b"2\r\n{}\r\n0\r\n\r\n", headers=b"Content-Length: 3\r\n"),
    "coding that is unknown": _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "expecting to go on": _post(_BODY, headers=b"Expect: 100-continue\r\n"),
    "expecting the impossible": _post(_BODY, headers=b"Expect: a miracle\r\n"),
    "asking to switch": _get(b"GET /v1/identity HTTP/1.1", _KEY + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "page of an incident that is none": _get(b"GET /incidents/%FF%00 HTTP/1.1"),
    "page for a host that is none": _get(b"GET / HTTP/1.1", b"Host: " + b"a" * 5000 + b"\r\n"),
    "page with a query of raw bytes": _get(b"GET /?\xff=\xfe&after=%FF&page_size=x&mode=%00 HTTP/1.1"),
    "log after nothing": _get(b"GET /_sandbox/requests?after=%FF&page_size=" + b"9" * 5000 + b" HTTP/1.1"),
    "own interface for a host that is none": _get(
        b"GET /_sandbox/requests HTTP/1.1", b"Host: " + b"a" * 5000 + b"\r\nOrigin: http://[::1\r\n"
    ),
    **{f"{path} of {len(body)} bytes": _own(path, body) for path in OWN for body in BODIES},
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
"""Messages after which nothing more is to come: each is answered, or its connection closed."""

TORN: Mapping[str, bytes] = {
    "nothing": b"",
    "half a line": b"GET /v1/id",
    "half the headers": b"GET /v1/identity HTTP/1.1\r\nHost: sand",
    "half a body": _post(_BODY[:20], length=b"58"),
    "half a chunk": _chunked(b"5\r\n{"),
    "no chunk": _chunked(b""),
    "length beyond everything": _post(_BODY, length=b"99999999"),
    "lines without returns": b"GET /v1/identity HTTP/1.1\nHost: sandbox\n\n",
    "hello in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
}
"""Messages in the middle of which the client goes away."""


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Draw a message with a few of its bytes replaced, left out, doubled or put elsewhere."""
    message = draw(st.sampled_from([*WHOLE.values(), *TORN.values(), _post(_BODY)]))[:2000]
    for _ in range(draw(st.integers(1, 4))):
        begin, end = sorted(draw(st.tuples(*[st.integers(0, len(message))] * 2)))
        end = min(end, begin + draw(st.sampled_from([0, 1, 4, 50])))
        piece = draw(st.sampled_from([b"", b"\r\n", b"\n", b"\x00", b"\xff", b":", b" ", message[begin:end] * 2, _KEY]))
        message = message[:begin] + piece + message[end:]
    return message


@contextmanager
def serving() -> Iterator[Address]:
    """Serve a sandbox on a port; raises AssertionError if it complained of anything by the time that it is stopped."""
    command = [*RECONCILER, "sandbox", "serve", "--port", "0"]
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment()) as process,
    ):
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().split()[-1])
        try:
            yield str(url.hostname), int(url.port or 0)
        finally:
            process.terminate()
            process.wait(PATIENCE)
        errors.seek(0)
        complaints = errors.read()
        assert (process.returncode, complaints) == (0, ""), complaints


def ask(address: Address, message: bytes) -> tuple[int, bytes] | None:
    """Send a whole message and return the status and body of its answer; None where the connection is closed instead.

    Raises TimeoutError where nothing happens.
    """
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        # A server need not take all of what it refuses.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(message)
        with closing(http.client.HTTPResponse(connection, method="GET")) as answer:
            try:
                answer.begin()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError):
                return None


def say(address: Address, message: bytes) -> bytes:
    """Send a message, say no more, and return all that comes back; raises TimeoutError where the end never comes."""
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        said = b""
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                said += piece
        return said
