"""The WSGI application: a request for the API, a page or the sandbox itself in; the answer, or a fault, out."""

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from reconciler.sandbox import moments
from reconciler.sandbox.admin import Admin
from reconciler.sandbox.api import Api
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.exchange import Exchange
from reconciler.sandbox.faults import ConnectionDropped, Faults
from reconciler.sandbox.incidents.incident import fill_index
from reconciler.sandbox.incidents.pace import catch_up
from reconciler.sandbox.intake import is_api, read_request
from reconciler.sandbox.keys import Keys
from reconciler.sandbox.limits import Limits, Rates
from reconciler.sandbox.page import Page
from reconciler.sandbox.recording import FAULT, Recorder, observe
from reconciler.sandbox.resource import Resource, discover
from reconciler.sandbox.store import NotASandboxError, Store, Transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Json = dict[str, Any]


def create_app(
    data: Path | None = None,
    *,
    behaviour: Behaviour | None = None,
    latency: float = 0.0,
    faults: Faults | None = None,
    rates: Rates | None = None,
    keys: Mapping[str, Sequence[str]] | None = None,
    record: Path | None = None,
) -> "Sandbox":
    """Make a sandbox: a WSGI callable over a data file, or over memory that is private to it.

    `latency` is in seconds; `keys` are API keys besides the three that are always there, with their roles; every
    request and its answer are appended to the file `record`.
    A header `X-Sandbox-Actor: bob@example.com` records a request as made by that person, who may make any move
    of status, as people may in the dashboard. Raises NotASandboxError where the file is something else, ValueError
    for a role that does not exist or a limit of what is not served, OSError where nothing can be recorded.
    """
    resources = discover()
    rates = rates or Rates()
    for method, pattern in rates.lower:
        if not any(route.is_meant(method, pattern) for resource in resources for route in resource.routes):
            raise ValueError(f"there is no operation {method} {pattern} to limit")
    known = Keys(keys or {})
    recorder = Recorder(record) if record else None
    return Sandbox(
        resources,
        Store(data, lambda transaction: _seed(transaction, resources), fill_index),
        behaviour=behaviour or Behaviour(),
        latency=latency,
        faults=(faults or Faults()).restarted(),
        limits=Limits(rates),
        keys=known,
        recorder=recorder,
    )


class Sandbox:
    """The emulated API as a WSGI callable; safe for threads, and for several processes on one data file."""

    def __init__(
        self,
        resources: tuple[Resource, ...],
        store: Store,
        *,
        behaviour: Behaviour,
        latency: float,
        faults: Faults,
        limits: Limits,
        keys: Keys,
        recorder: Recorder | None,
    ) -> None:
        self.store = store
        self.faults = faults
        self._behaviour = behaviour
        self._closing = threading.Event()
        self._latency = latency
        self._recorder = recorder
        self._page = Page(store)
        self._admin = Admin(store, faults, limits, keys)
        self._api = Api(resources, store, limits, keys)

    def requests(self) -> list[Json]:
        """Return every request that was handled, oldest first, with whether it changed data."""
        return [{name: entry[name] for name in entry if name != "number"} for entry in self.store.requests()]

    def reset(self) -> None:
        """Make everything as it is in a new sandbox; snapshots stay."""
        self._admin.reset()

    def close(self) -> None:
        """Let go of the data; nothing can be asked after this."""
        self.store.close()
        if self._recorder:
            self._recorder.close()

    def stop_waiting(self) -> None:
        """End every wait, of a latency or of a slow answer, by dropping its connection; nothing waits any more."""
        self._closing.set()

    def pause(self, seconds: float) -> None:
        """Let time pass; raises ConnectionDropped once nothing may wait any more."""
        if seconds and self._closing.wait(seconds):
            raise ConnectionDropped("the sandbox ends")

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request; raises ConnectionDropped where a fault says so, also in the middle of the body."""
        if self._recorder is None:
            return self._answer(environ, start_response)
        return observe(self._answer, self._recorder, environ, start_response)

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = read_request(environ)
        # Where the data cannot be used, whoever is asked next says so.
        with suppress(NotASandboxError):
            catch_up(self.store, self._behaviour, moments.now())
        if not is_api(request):
            beside = self._page.respond(request) or self._admin.respond(request)
            if beside is not None:
                return beside(environ, start_response)
        strike = self.faults.strike(request.method, request.path)
        environ[FAULT] = strike.shapes_answer
        exchange = Exchange(request, str(uuid.uuid4()), strike.behaviour(self._behaviour), strike, {})
        if strike.drops_before:
            self._api.log_unhandled(exchange, 0)
            raise ConnectionDropped("the connection was dropped before the request was handled")
        self.pause(self._latency + strike.delay)
        response = self._struck(exchange)
        pieces = strike.sent(response.get_data(), self.pause)
        if pieces is not None:
            response.headers["Content-Length"] = str(len(response.get_data()))
            response.response = pieces
        return response(environ, start_response)

    def _struck(self, exchange: Exchange) -> Response:
        instead = exchange.strike.instead(exchange.id)
        if instead is not None:
            self._api.log_unhandled(exchange, instead.status or 0)
            return exchange.spoiled(Response(), instead)
        response = self._api.respond(exchange)
        spoiled = exchange.strike.spoil(response.get_data(), exchange.id)
        return response if spoiled is None else exchange.spoiled(response, spoiled)


def _seed(transaction: Transaction, resources: tuple[Resource, ...]) -> None:
    for resource in resources:
        for body in resource.seed:
            transaction.provide(resource.kind, body["id"], body)
