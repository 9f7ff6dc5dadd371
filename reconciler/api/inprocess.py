"""A WSGI application in, a transport that calls it without a socket out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class InProcess(httpx.BaseTransport):
    """Calls `app` in the thread of the request, and gives its answer back whole."""

    def __init__(self, app: WSGIApplication, dropped: type[Exception]) -> None:
        self._app, self._dropped = app, dropped
        self._wsgi = httpx.WSGITransport(self._call)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; `httpx.RemoteProtocolError` where the app drops the connection."""
        try:
            return self._wsgi.handle_request(request)
        except self._dropped:
            pass
        raise httpx.RemoteProtocolError("server disconnected without sending a response", request=request)

    def _call(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # PEP 3333 wants the bytes of a path as Latin-1, httpx gives the decoded text.
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        # An app may drop the connection while it sends, so the body is read in here to the end.
        chunks = self._app(environ, start_response)
        try:
            return [b"".join(chunks)]
        finally:
            if close := getattr(chunks, "close", None):
                close()


def in_process(app: WSGIApplication, dropped: type[Exception]) -> httpx.BaseTransport:
    """Return a transport for `connect` that hands each request to a WSGI application in this process.

    An exception of the type `dropped` that the application raises is seen as a connection that broke without an
    answer; any other is a defect of the application, and passes through.
    """
    return InProcess(app, dropped)
