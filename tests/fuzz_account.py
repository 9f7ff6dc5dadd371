"""A sandbox with something of everything in it, made by asking for it; the IDs that are in it, by what they are of."""

from __future__ import annotations

import json
import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes, urlencode
from wsgiref.util import setup_testing_defaults

from reconciler.sandbox import Behaviour, Rates, create_app
from reconciler.sandbox.recording import Exchange, Request, observe
from reconciler.sandbox.resource import discover
from tests.contract.document import operations, resolve
from tests.fuzz_values import smallest

if TYPE_CHECKING:
    from reconciler.sandbox.recording import Sent
    from tests.contract.document import Json, Operation

HEADERS = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}


def served() -> list[Operation]:
    """Return the documented operations that the sandbox serves."""
    routes = [route for resource in discover() for route in resource.routes]
    return [operations()[route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)] for route in routes]


class Account:
    """A sandbox in memory, and what is known of it; a context that closes it."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.app = create_app(behaviour=behaviour, rates=Rates(1_000_000, lower={}))
        self.ids: dict[str, list[str]] = {}
        """IDs by the name of the property or list that had them, in the singular."""
        self.ids_below: dict[str, list[str]] = {}
        """IDs by the path of the list that they were in."""
        self._fill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.app.close()

    def send(self, request: Request) -> Exchange:
        """Send a request as it is, whatever it is; its path is still quoted."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "QUERY_STRING": request.query,
            "CONTENT_LENGTH": str(len(request.body)),
        }
        setup_testing_defaults(environ)
        environ["wsgi.input"].write(request.body)
        environ["wsgi.input"].seek(0)
        for name, value in request.headers.items():
            environ["CONTENT_TYPE" if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"] = value
        exchanges: list[Exchange] = []
        for _ in observe(self.app, exchanges.append, environ, lambda *_: lambda _: None):
            pass
        return exchanges[0]

    def named(self, name: str) -> list[str]:
        """Return the IDs that a property of this name could hold, those of all kinds where none fits."""
        shared = {tag: _count_shared(tag.split("_"), name.removesuffix("_id").split("_")) for tag in self.ids}
        most = max(shared.values(), default=0)
        return [one for tag, ids in self.ids.items() if shared[tag] == most for one in ids] or ["none"]

    def _fill(self) -> None:
        self._look()
        for key, visibility in (("first", "public"), ("second", "public"), ("third", "private")):
            told = {"idempotency_key": key, "visibility": visibility, "severity_id": self.ids["severity"][0]}
            self._create("/v2/incidents", told)
        self._look()
        for operation in served():
            if operation.method == "POST" and operation.body is not None and "{" not in operation.path:
                self._create_least(operation.path, operation.body)
        self._look()

    def _create_least(self, path: str, schema: Json) -> None:
        """Create something with what is required, or else with one thing more."""
        least = smallest(schema, self)
        more = resolve(schema)["properties"]
        any(self._create(path, least | {name: smallest(more[name], self, name)}) for name in more)

    def _look(self) -> None:
        """Ask for every list there is, and remember the IDs in it."""
        for operation in served():
            if operation.method == "GET" and "{" not in operation.path:
                queries = [{"page_size": "25"} if "page_size" in operation.query else {}]
                for name, parameter in operation.query.items():
                    if parameter.is_required and name not in queries[0]:
                        queries = [{**query, name: one} for query in queries for one in self.named(name)]
                for query in queries:
                    answer = self.send(Request("GET", operation.path, urlencode(query), HEADERS)).answer
                    self._learn(answer, operation.path)

    def _create(self, path: str, body: Any) -> bool:
        answer = self.send(Request("POST", path, headers=HEADERS, body=json.dumps(body).encode())).answer
        return answer is not None and answer.status < 300

    def _learn(self, answer: Sent | None, path: str) -> None:
        for name, value in json.loads(answer.body if answer else b"{}").items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and "id" in one:
                    _remember(self.ids_below, path, one["id"])
                    _remember(self.ids, _singular(name), one["id"])


def _count_shared(one: list[str], other: list[str]) -> int:
    """Count the words that two names end with."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _remember(ids: dict[str, list[str]], name: str, found: str) -> None:
    known = ids.setdefault(name, [])
    if found not in known:
        known.append(found)


def _singular(name: str) -> str:
    for ending, singular in (("ies", "y"), ("sses", "ss"), ("uses", "us"), ("s", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + singular
    return name
