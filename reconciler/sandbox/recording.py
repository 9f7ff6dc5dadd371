"""A WSGI call in, the exchange that it was out: told of in this process, or written to a file as a line of JSON."""

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import moments
from reconciler.sandbox.intake import MAX_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FAULT = "reconciler.sandbox.fault"  # true in the environ of a request whose answer a fault has shaped

_LOG = logging.getLogger(__name__)

_SECRET = {"HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION"}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, without what it was allowed by."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer; there is none where the connection was dropped first."""

    request: Request
    answer: Sent | None
    is_faulty: bool = False
    """Whether a fault that was asked for has shaped the answer."""
    is_whole: bool = True
    """Whether the answer was passed on to its end; a client that goes away leaves the rest of it behind."""


Note = Callable[[Exchange], None]


class Recorder:
    """Appends exchanges to a file, one a line; safe for threads, and for several processes on one file."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError where it cannot be written."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, exchange: Exchange) -> None:
        """Write an exchange in one piece: a process that is killed leaves a torn last line at the most."""
        try:
            os.write(self._file, json.dumps(_written(exchange), separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            _LOG.warning("an exchange is not recorded: %s", error)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def observe(
    app: "WSGIApplication", note: Note, environ: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    """Have a request answered by `app`, and `note` told of the exchange before the last piece of the answer leaves."""
    request = _request(environ)
    started: list[tuple[int, dict[str, str]]] = []
    body: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        started.append((int(status.split(maxsplit=1)[0]), dict(headers)))
        return start_response(status, headers, exc_info)

    def tell(*, is_whole: bool) -> None:
        answer = Sent(*started[-1], b"".join(body)) if started else None
        note(Exchange(request, answer, is_faulty=bool(environ.get(FAULT)), is_whole=is_whole))

    try:
        pieces = app(environ, start)
    except BaseException:
        tell(is_whole=False)
        raise
    return _pass_on(pieces, body, tell)


def _pass_on(pieces: Iterable[bytes], seen: list[bytes], tell: Callable[..., None]) -> Iterator[bytes]:
    """Yield each piece once the next is there, and the last once it is told."""
    is_whole = False
    try:
        for piece in pieces:
            yield from seen[-1:]
            seen.append(piece)
        is_whole = True
    except Exception:
        yield from seen[-1:]
        raise
    finally:
        if close := getattr(pieces, "close", None):
            close()
        tell(is_whole=is_whole)
    yield from seen[-1:]


def _request(environ: "WSGIEnvironment") -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): str(value)
        for name, value in environ.items()
        if (name.startswith("HTTP_") and name not in _SECRET) or (name == "CONTENT_TYPE" and value)
    }
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode(errors="replace")
    return Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, _take_body(environ))


def _take_body(environ: "WSGIEnvironment") -> bytes:
    """Read the body, and put it back for the app; one that is refused for its length is not read."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (re.fullmatch("[0-9]{1,9}", length) and int(length) <= MAX_BODY):
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return body


def _written(exchange: Exchange) -> dict[str, Any]:
    request, answer = exchange.request, exchange.answer
    return {
        "time": moments.written(moments.now()),
        "request": {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": _text(request.body),
        },
        "answer": answer and {"status": answer.status, "headers": answer.headers, "body": _text(answer.body)},
        "fault": exchange.is_faulty,
        "whole": exchange.is_whole,
    }


def _text(body: bytes) -> str:
    # What is not UTF-8 is kept as lone surrogates, so that it can be had back.
    return body.decode(errors="surrogateescape")
