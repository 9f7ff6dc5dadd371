"""A sandbox and an address in, a server on a port out, until a signal ends it; dropping a connection closes it."""

import ipaddress
import json
import logging
import signal
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import waitress  # type: ignore[import-untyped]
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]
from waitress.wasyncore import close_all, loop  # type: ignore[import-untyped]

from reconciler.sandbox.app import Sandbox
from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.faults import ConnectionDropped
from reconciler.sandbox.wire import Channel

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 64  # requests that wait out a latency side by side
CONNECTIONS = 1000
IN_MEMORY = 16 * 1024 * 1024  # bytes of a request, or of an answer
ROUND = 1.0  # seconds that one round of the loop waits at the most for something to do


def is_local(host: str) -> bool:
    """Tell whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Server:
    """A sandbox on a port: connections are taken from the moment that it is made, and answered while it runs."""

    def __init__(
        self,
        app: Sandbox,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        threads: int = THREADS,
        is_open: bool = False,
    ) -> None:
        """Listen; port 0 is a free one. Raises OSError where the address cannot be had.

        Unless it `is_open` to other machines, it answers only who asks for it by a name of this one.
        """
        self._app = app
        self._channels: dict[int, Any] = {}
        self._server = waitress.create_server(
            _dropping(app if is_open else _guarded(app, host)),
            map=self._channels,
            sockets=[_bound(host, port)],
            threads=threads,
            connection_limit=CONNECTIONS,
            # What is larger goes through a temporary file: slower, and impossible where the disk is full.
            inbuf_overflow=IN_MEMORY,
            outbuf_overflow=IN_MEMORY,
            ident="sandbox",
            clear_untrusted_proxy_headers=True,
        )
        self._server.channel_class = Channel
        # It warns of each request that waits for a thread; with many clients that is how things are.
        self._server.task_dispatcher.queue_logger.setLevel(logging.ERROR)
        self._is_stopping = False
        self.url = f"http://{_written(host)}:{self._server.effective_port}"

    def run(self) -> None:
        """Answer until `stop` is called, by another thread or by a signal; then close every connection."""
        try:
            while not self._is_stopping:
                loop(timeout=ROUND, map=self._channels, use_poll=True, count=1)
        finally:
            self._app.stop_waiting()
            self._server.task_dispatcher.shutdown()
            close_all(self._channels, ignore_all=True)

    def stop(self) -> None:
        """Let `run` end between two rounds: raising in there could tear a connection that is just being taken."""
        self._is_stopping = True  # no event: a signal sets it, which may interrupt whoever holds an event's lock
        self._server.pull_trigger()


def serve(app: Sandbox, host: str, port: int, started: Callable[[str], None], *, is_open: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; `started` is told the URL. Raises OSError where the port cannot be had."""
    server = Server(app, host, port, is_open=is_open)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        started(server.url)
        server.run()
    finally:
        app.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Binding alone can succeed where another process already listens.
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _guarded(app: "WSGIApplication", host: str) -> "WSGIApplication":
    """Answer only who asks for this machine: a page from elsewhere could let its own name lead here."""

    def handle(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        asked = environ.get("HTTP_HOST") or _written(host)
        if _leads_here(asked, host):
            return app(environ, start_response)
        problem = Problem("foreign_host", "this sandbox is asked by another name; --allow-remote serves it under any")
        body = json.dumps(ApiError(403, (problem,)).body(str(uuid.uuid4()))).encode()
        start_response("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return handle


def _leads_here(asked: str, host: str) -> bool:
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    return is_local(name) or name == host


def _dropping(app: "WSGIApplication") -> Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]:
    def handle(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        try:
            yield from app(environ, start_response)
        except ConnectionDropped as error:
            # The server takes this for a client that went away, and closes the socket without the rest.
            raise ClientDisconnected from error

    return handle
