"""The WSGI application: a request in; key, allowance, route, parameters, body, handler; a documented answer out."""

import json
import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import moments
from reconciler.sandbox.admin import Admin
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.faults import Faults, Strike
from reconciler.sandbox.faults.answers import Spoiled
from reconciler.sandbox.incidents.incident import fill_index
from reconciler.sandbox.intake import find_person, find_route, is_api, read_body, read_request
from reconciler.sandbox.keys import Key, Keys
from reconciler.sandbox.limits import Limits, Rates
from reconciler.sandbox.page import Page
from reconciler.sandbox.query import read_query
from reconciler.sandbox.recording import FAULT, Recorder, observe
from reconciler.sandbox.resource import Answer, Call, Resource, discover
from reconciler.sandbox.store import Store, Transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Json = dict[str, Any]

_LOG = logging.getLogger(__name__)


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
    for a role that does not exist, OSError where nothing can be recorded.
    """
    resources = discover()
    known = Keys(keys or {})
    recorder = Recorder(record) if record else None
    return Sandbox(
        resources,
        Store(data, lambda transaction: _seed(transaction, resources), fill_index),
        behaviour=behaviour or Behaviour(),
        latency=latency,
        faults=(faults or Faults()).restarted(),
        limits=Limits(rates or Rates()),
        keys=known,
        recorder=recorder,
    )


@dataclass(slots=True)
class _Exchange:
    """What is learned about one request on its way."""

    request: Request
    id: str
    behaviour: Behaviour
    headers: dict[str, str]
    key: Key | None = None
    idempotency_key: str | None = None

    def entry(self, status: int, *, changed: bool) -> Json:
        return {
            "time": moments.written(moments.now()),
            "key": self.key.name if self.key else None,
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query_string.decode("latin-1"),
            "status": status,
            "idempotency_key": self.idempotency_key,
            "changed": changed,
        }


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
        self._latency = latency
        self._limits = limits
        self._keys = keys
        self._recorder = recorder
        self._page = Page(store)
        self._admin = Admin(store, faults, limits)
        self._routes = Map(
            [
                Rule(route.path, endpoint=route, methods=[route.method])
                for resource in resources
                for route in resource.routes
            ],
            strict_slashes=True,
            merge_slashes=False,
            redirect_defaults=False,
        )

    def requests(self) -> list[Json]:
        """Return every request that was handled, oldest first, with whether it changed data."""
        return [{name: entry[name] for name in entry if name != "number"} for entry in self.store.requests()]

    def close(self) -> None:
        """Let go of the data; nothing can be asked after this."""
        self.store.close()
        if self._recorder:
            self._recorder.close()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request; raises ConnectionDropped where a fault says so, also in the middle of the body."""
        if self._recorder is None:
            return self._answer(environ, start_response)
        return observe(self._answer, self._recorder, environ, start_response)

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = read_request(environ)
        if not is_api(request):
            beside = self._page.respond(request) or self._admin.respond(request)
            if beside is not None:
                return beside(environ, start_response)
        strike = self.faults.strike(request.method, request.path)
        environ[FAULT] = strike.shapes_answer
        strike.refuse()
        if self._latency:
            time.sleep(self._latency)
        strike.wait()
        exchange = _Exchange(request, str(uuid.uuid4()), strike.behaviour(self._behaviour), {})
        response = self._struck(exchange, strike)
        pieces = strike.sent(response.get_data())
        if pieces is not None:
            response.headers["Content-Length"] = str(len(response.get_data()))
            response.response = pieces
        return response(environ, start_response)

    def _struck(self, exchange: _Exchange, strike: Strike) -> Response:
        instead = strike.instead(exchange.id)
        if instead is not None:
            exchange.key = self._keys.find(exchange.request.headers.get("Authorization"))
            self._log(exchange, instead.status or 0)
            return _spoiled(Response(), instead, exchange)
        response = self._respond(exchange)
        spoiled = strike.spoil(response.get_data(), exchange.id)
        return response if spoiled is None else _spoiled(response, spoiled, exchange)

    def _respond(self, exchange: _Exchange) -> Response:
        try:
            answer = self._handle(exchange)
        except ApiError as error:
            exchange.headers.update(error.headers)
            answer = Answer(error.status, error.body(exchange.id))
        except Exception:  # noqa: BLE001 - whatever fails here, the client gets the documented body
            _LOG.exception("%s %s failed", exchange.request.method, exchange.request.path)
            failed = ApiError(500, (Problem("internal_error", "Something went wrong in the sandbox"),))
            answer = Answer(500, failed.body(exchange.id))
        if answer.status >= 400 or exchange.request.method == "GET":  # noqa: PLR2004
            self._log(exchange, answer.status)
        return _response(answer, exchange)

    def _log(self, exchange: _Exchange, status: int) -> None:
        with self.store.writing() as transaction:
            transaction.log(exchange.entry(status, changed=False))

    def _handle(self, exchange: _Exchange) -> Answer:
        request = exchange.request
        exchange.key = key = self._keys.of(request.headers.get("Authorization"))
        allowance = self._limits.spend(key.token, request.method, request.path)
        exchange.headers.update(allowance.headers())
        if allowance.refused:
            raise allowance.error(key.name)
        route, path = find_route(self._routes, request)
        key.demand(*route.scopes)
        query = read_query(request.args.lists(), route.query)
        body = read_body(request, route)
        exchange.idempotency_key = body.get("idempotency_key")
        with self.store.writing() if route.writes else self.store.reading() as transaction:
            person = find_person(request, transaction.organisation)
            call = Call(key, person, exchange.behaviour, path, query, body, transaction, moments.now())
            answer = route.handler(call)
            if route.writes:
                transaction.log(exchange.entry(answer.status, changed=transaction.changed))
        return answer


def _seed(transaction: Transaction, resources: tuple[Resource, ...]) -> None:
    for resource in resources:
        for body in resource.seed:
            transaction.configure(resource.kind, body["id"], body)


def _response(answer: Answer, exchange: _Exchange) -> Response:
    response = Response(status=answer.status)
    if answer.body is not None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, separators=(",", ":"))
        response.data = text.encode()
        response.content_type = "application/json"
    return _told(response, exchange)


def _spoiled(response: Response, spoiled: Spoiled, exchange: _Exchange) -> Response:
    response.data = spoiled.body
    if spoiled.status is not None:
        response.status_code = spoiled.status
    response.headers.update(spoiled.headers)
    return _told(response, exchange)


def _told(response: Response, exchange: _Exchange) -> Response:
    response.headers["Date"] = http_date()
    response.headers["X-Request-Id"] = exchange.id
    for name, value in exchange.headers.items():
        response.headers[name] = value
    return response
