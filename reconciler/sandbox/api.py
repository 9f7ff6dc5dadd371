"""The emulated API: an exchange in; key, allowance, route, parameters, body, handler; a documented answer out."""

import logging
from contextlib import suppress
from functools import cache

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from reconciler.sandbox import moments
from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.exchange import Exchange
from reconciler.sandbox.intake import find_idempotency_key, find_person, find_route, read_body
from reconciler.sandbox.keys import Keys
from reconciler.sandbox.limits import Limits
from reconciler.sandbox.query import read_query
from reconciler.sandbox.resource import Answer, Call, Resource, Route
from reconciler.sandbox.store import NotASandboxError, Store

_LOG = logging.getLogger(__name__)


@cache
def _map_of(routes: tuple[Route, ...]) -> Map:
    """Return the map that finds a route; made once, as making it takes longer than a hundred requests."""
    return Map(
        [Rule(route.path, endpoint=route, methods=[route.method]) for route in routes],
        strict_slashes=True,
        merge_slashes=False,
        redirect_defaults=False,
    )


class Api:
    """Handles what is asked under /v1, /v2 and /v3; safe for threads."""

    def __init__(self, resources: tuple[Resource, ...], store: Store, limits: Limits, keys: Keys) -> None:
        self._store = store
        self._limits = limits
        self._keys = keys
        self._routes = _map_of(tuple(route for resource in resources for route in resource.routes))

    def respond(self, exchange: Exchange) -> Response:
        """Handle a request and answer it; whatever goes wrong, the answer is a documented one."""
        try:
            answer = self._logged(exchange)
        except NotASandboxError as error:
            _LOG.error("%s %s failed: %s", exchange.request.method, exchange.request.path, error)
            answer = self._failed(exchange, str(error))
        except Exception:  # noqa: BLE001 - whatever fails here, the client gets the documented body
            _LOG.exception("%s %s failed", exchange.request.method, exchange.request.path)
            answer = self._failed(exchange, "Something went wrong in the sandbox")
        return exchange.answered(answer)

    def _logged(self, exchange: Exchange) -> Answer:
        try:
            answer = self._handle(exchange)
        except ApiError as error:
            exchange.headers.update(error.headers)
            answer = Answer(error.status, error.body(exchange.id))
        if answer.status >= 400 or exchange.request.method == "GET":  # noqa: PLR2004
            self.log(exchange, answer.status)
        return answer

    def _failed(self, exchange: Exchange, reason: str) -> Answer:
        # Where nothing can be written, this cannot be either.
        with suppress(NotASandboxError):
            self.log(exchange, 500)
        return Answer(500, ApiError(500, (Problem("internal_error", reason),)).body(exchange.id))

    def log_unhandled(self, exchange: Exchange, status: int) -> None:
        """Note a request that a fault answers, as far as it can be told what it was."""
        exchange.key = self._keys.find(exchange.request.headers.get("Authorization"))
        exchange.idempotency_key = find_idempotency_key(exchange.request)
        self.log(exchange, status)

    def log(self, exchange: Exchange, status: int) -> None:
        """Note a request that changed nothing, and was answered with this status (0: not at all)."""
        with self._store.writing() as transaction:
            transaction.log(exchange.entry(status, changed=False))

    def _handle(self, exchange: Exchange) -> Answer:
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
        with self._store.writing() if route.writes else self._store.reading() as transaction:
            person = find_person(request, transaction.organisation)
            call = Call(key, person, exchange.behaviour, path, query, body, transaction, moments.now())
            answer = route.handler(call)
            if route.writes:
                transaction.log(exchange.entry(answer.status, changed=transaction.changed))
        return answer
