"""A manual clock, and servers that send exactly the bytes they are given."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from reconciler.api import Client, Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE_URL = "https://api.incident.io"
KEY = "inc_5d41402abc4b2a76b9719d911017c592"
RESET = struct.pack("ii", 1, 0)


class Connect(Protocol):
    """`connect`, with a base URL, a key and a clock where none are given."""

    def __call__(self, base_url: str = ..., key: str = ..., **options: object) -> Client:
        """Return a client that is closed after the test."""


class Serve(Protocol):
    """What makes a `Server`."""

    def __call__(self, *answers: bytes, reset: bool = ..., hang: bool = ...) -> Server:
        """Return a server that is closed after the test."""


class ManualClock(Clock):
    """A clock that passes only by waiting, which takes no time."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        super().__init__(stop)
        self.waits: list[float] = []
        self.seconds = 1000.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the seconds on paper."""
        return self.seconds

    def wait(self, seconds: float) -> None:
        """Let the seconds pass on paper."""
        self.check()
        with self._lock:
            self.waits.append(seconds)
            self.seconds += seconds


class Server:
    """Answers one request per connection with the next of `answers` (the last again and again), then hangs up.

    With `reset` it hangs up rudely: the peer sees a reset instead of an end. With `hang` it keeps the line open
    until the peer has hung up.
    """

    def __init__(self, answers: Sequence[bytes], *, reset: bool = False, hang: bool = False) -> None:
        self.requests: list[bytes] = []
        self._answers, self._reset, self._hang = list(answers), reset, hang
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.requests.append(_request(connection))
                connection.sendall(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
                if self._hang:
                    connection.recv(1)
                if self._reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def _request(connection: socket.socket) -> bytes:
    """Read one request to its end, so that hanging up resets nothing by accident."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def whole(body: bytes, status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    """Return a complete HTTP answer."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s" % (status, len(body), headers, body)
