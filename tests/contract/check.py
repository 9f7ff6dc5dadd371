"""An exchange with the sandbox in, each breach of the published document out.

Three rules are sound whatever a test is about:

1. every answer is what the document has for its operation and status, unless a fault that was asked for shaped it
   or its client went away before its end;
2. what was granted had a documented request, so the sandbox refuses what the document refuses;
3. what our own program asks is documented, whatever it is answered.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.contract import query
from tests.contract.document import find_operation, find_problems, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.sandbox.recording import Exchange, Request, Sent
    from tests.contract.document import Json, Operation

JSON = "application/json"
OURS = "incident-reconciler/"
"""How the User-Agent of our own program begins."""

_API = re.compile(r"/v[123](/|$)")
_SHOWN = 120  # characters of a path with its query


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which an exchange is not what the document says."""

    exchange: Exchange
    part: str
    """What it is in: path, query, request, status, answer."""
    told: str

    def __str__(self) -> str:
        """Tell which exchange it was, and what is wrong."""
        request, answer = self.exchange.request, self.exchange.answer
        path = (f"{request.path}?{request.query}" if request.query else request.path)[:_SHOWN]
        return f"{request.method} {path} -> {answer.status if answer else 'dropped'}: {self.part}: {self.told}"


def find_breaches(exchange: Exchange) -> Iterator[Breach]:
    """Yield each breach of the three rules; what is outside `/v1`, `/v2` and `/v3` is no traffic with the API."""
    request, answer = exchange.request, exchange.answer
    if not _API.match(request.path):
        return
    operation = find_operation(request.method, request.path)
    is_granted = answer is not None and 200 <= answer.status < 300
    if is_granted or _is_ours(request):
        yield from (Breach(exchange, *problem) for problem in _find_problems_of_request(request, operation))
    if answer is not None and exchange.is_whole and not exchange.is_faulty:
        yield from (Breach(exchange, *problem) for problem in _find_problems_of_answer(request, answer, operation))


def _is_ours(request: Request) -> bool:
    return request.headers.get("User-Agent", "").startswith(OURS)


def _find_problems_of_request(request: Request, operation: Operation | None) -> Iterator[tuple[str, str]]:
    if operation is None:
        yield "path", "there is no such operation"
        return
    if operation.is_deprecated:
        yield "path", f"{operation.path} is deprecated"
    for problem in query.find_problems(request.query, operation.query):
        yield "query", problem
    if operation.body is not None:
        # A request need not say what its body is, as there is only one thing that it can be.
        kind = request.headers.get("Content-Type", "").strip(" ;") or JSON
        # People replace an object by what they were answered, with a few properties changed.
        echoed = operation.echoed if request.method == "PUT" and not _is_ours(request) else set[str]()
        for problem in _find_problems_of_body(kind, request.body, operation.body, echoed):
            yield "request", problem
    elif request.body and _is_ours(request):
        yield "request", "there is a body, and none is documented"


def _find_problems_of_answer(request: Request, answer: Sent, operation: Operation | None) -> Iterator[tuple[str, str]]:
    documented = operation.answers if operation else {}
    if answer.status not in documented and not 400 <= answer.status < 500:
        yield "status", "it is not documented"
        return
    schema = documented.get(answer.status, refused(answer.status))
    if schema is not None and (request.method != "HEAD" or answer.body):
        for problem in _find_problems_of_body(answer.headers.get("Content-Type", ""), answer.body, schema):
            yield "answer", problem
    elif answer.body:
        yield "answer", "there is a body, and none is documented"


def _find_problems_of_body(kind: str, body: bytes, schema: Json, echoed: Collection[str] = ()) -> Iterator[str]:
    if kind.split(";", maxsplit=1)[0].strip().lower() != JSON:
        yield f"its Content-Type is {kind or 'missing'}"
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        yield f"it is not JSON: {error}"
        return
    if echoed and isinstance(value, dict):
        value = {name: each for name, each in value.items() if name not in echoed}
    yield from find_problems(schema, value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
