"""One request in, what became of it out: the only place where anything leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx

from reconciler.api import answers, moments, pacing
from reconciler.api.answers import Answer
from reconciler.api.clock import ServerTime
from reconciler.api.excerpt import harmless
from reconciler.api.exchange import Exchange, Message
from reconciler.api.retry import Cause, Trouble
from reconciler.api.turns import Turns
from reconciler.errors import ApiError, Misused, ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.api.clock import Clock, Moment
    from reconciler.api.key import Bearer

Params = Mapping[str, str | int | Sequence[str]]
"""What stands in the query; a sequence repeats its name."""

LONGEST_CONNECT = 10.0
"""Seconds to make a connection, whatever the timeout of the answer: a host that is there is there soon."""

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NO_ANSWER = (httpx.ReadTimeout, httpx.WriteTimeout)


class Wire:
    """One pool of connections with a key, its rate limits, and its count of requests."""

    def __init__(
        self,
        http: httpx.Client,
        bearer: Bearer,
        clock: Clock,
        *,
        read_only: bool,
        log: Callable[[Exchange], None] | None,
        permit: Callable[[], None] | None = None,
    ) -> None:
        self._http, self._bearer, self._read_only, self._log = http, bearer, read_only, log
        self._permit = permit
        self._turns, self._time = Turns(clock), ServerTime(clock)
        self._count, self._counting = 0, threading.Lock()

    def __repr__(self) -> str:
        return f"{self._http.base_url.host}{' (reads only)' if self._read_only else ''}"

    @property
    def request_count(self) -> int:
        """How many requests were sent, each try counted."""
        return self._count

    def now(self) -> Moment:
        """Return what time it is by the API, as far as one of its answers said so."""
        return self._time.now()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(
        self, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None, timeout: float
    ) -> httpx.Request:
        """Return a request ready to be tried; the path's own query is kept beside `params`.

        Raises `Misused` for what is no path: it could lead to another host.
        """
        if not path.startswith("/") or path.startswith("//") or " " in path or not path.isprintable():
            raise Misused(f"`{harmless(path)}` is not a path of the API", "write it like /v2/incidents")
        path, _, query = path.partition("?")
        return self._http.build_request(
            method,
            path,
            params=[*parse_qsl(query, keep_blank_values=True), *httpx.QueryParams(params).multi_items()],
            json=body,
            timeout=httpx.Timeout(timeout, connect=min(timeout, LONGEST_CONNECT)),
        )

    def once(self, request: httpx.Request, path: str, attempt: int = 1) -> Answer | Trouble | ApiError:
        """Send a request when its turn has come, and return what became of it; an `ApiError` says no.

        `attempt` counts the tries of the same request, for the log.
        Raises `Interrupted` where a stop is asked for before, what `permit` raises, and `ReconcilerError`
        for a write by a client that only reads: nothing is sent then.
        """
        if self._read_only and request.method != "GET":
            raise ReconcilerError(f"{request.method} {path}: not sent, since this client only reads")
        route = f"{request.method} {'/'.join(path.split('/')[:3])}"
        with self._turns.turn(route):
            if self._permit and request.method != "GET":
                self._permit()  # only now: a turn may take long to come
            with self._counting:
                self._count += 1
            started = time.monotonic()
            response = self._exchange(request)
        seconds = time.monotonic() - started
        if isinstance(response, Trouble):
            self._note(request, None, response, seconds, attempt)
            return response
        outcome = answers.read(request.method, path, response, self._bearer.secrets, self._time.now().at)
        self._note(request, response, outcome, seconds, attempt)
        self._learn(route, response, outcome)
        return outcome

    def _exchange(self, request: httpx.Request) -> httpx.Response | Trouble:
        # An httpx error holds the request, and with it the key: it becomes words here, and goes no further.
        try:
            return self._http.send(request)
        except httpx.RequestError as error:
            return _trouble(request, error, self._bearer.hide)

    def _learn(self, route: str, response: httpx.Response, outcome: Answer | Trouble | ApiError) -> None:
        told = pacing.told(response.headers, moments.date(response))
        self._turns.learn(route, told)
        if isinstance(outcome, Answer):
            # A page of somebody else's has somebody else's date.
            self._time.learn(outcome.at)
        if isinstance(outcome, Trouble) and outcome.cause is Cause.BUSY and outcome.asks:
            self._turns.hold(route, told, outcome.asks)

    def _note(
        self,
        request: httpx.Request,
        response: httpx.Response | None,
        outcome: Answer | Trouble | ApiError,
        seconds: float,
        attempt: int,
    ) -> None:
        if not self._log:
            return
        hide = self._bearer.hide
        self._log(
            Exchange(
                method=request.method,
                path=hide(request.url.raw_path.decode("ascii", "replace")),
                status=outcome.status or None,
                trouble="" if outcome.status else hide(outcome.what if isinstance(outcome, Trouble) else ""),
                request_id=hide(outcome.request_id),
                seconds=seconds,
                attempt=attempt,
                request=_message(request, hide),
                response=None if response is None else _message(response, hide),
            )
        )


def _message(part: httpx.Request | httpx.Response, hide: Callable[[str], str]) -> Message:
    headers = tuple((name, hide(value)) for name, value in part.headers.multi_items())
    text = part.content.decode("utf-8", "replace") if isinstance(part, httpx.Request) else part.text
    return Message.of(headers, hide(text))


def _trouble(request: httpx.Request, error: httpx.RequestError, hide: Callable[[str], str]) -> Trouble:
    # The operating system's number in front says nothing to a person.
    text = hide(str(error))
    said = harmless(text.partition("] ")[2] or text) or type(error).__name__
    host = request.url.netloc.decode("ascii", "replace")
    if isinstance(error, httpx.ProxyError):
        return Trouble(Cause.NEVER_LEFT, f"the proxy makes no connection to {host}: {said}")
    if isinstance(error, _NO_CONNECTION):
        hint = "set SSL_CERT_FILE to the certificates that are trusted here" if "CERTIFICATE" in text else ""
        return Trouble(Cause.NEVER_LEFT, f"no connection to {host}: {said}", hint=hint)
    if isinstance(error, _NO_ANSWER):
        return Trouble(Cause.SILENT, "no answer in time")
    return Trouble(Cause.BROKEN, f"the connection broke: {said}")
