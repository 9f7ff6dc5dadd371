"""An operation of the published document in, requests out as hypothesis draws them: right, slightly wrong, nonsense."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from reconciler.sandbox.recording import Request
from tests.contract.query import OPERATORS
from tests.fuzz_account import HEADERS
from tests.fuzz_values import INSTANTS, TEXT, plausible, spoiled, values

if TYPE_CHECKING:
    from tests.contract.document import Operation
    from tests.contract.query import Parameter
    from tests.fuzz_account import Account

NO_JSON = st.sampled_from(
    [
        *(b"", b" ", b"{", b"}", b"[]", b"null", b"nul", b"1", b'"a"', b'{"a": NaN}', b'{"a": 1e999}', b"{} {}"),
        *(b'{"name": "a", "name": 1}', b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"\xef\xbb\xbf{}", b"name=a&b=c"),
        *(b"[" * 100_000, b'{"name":' * 100_000, b"[" * 500 + b"]" * 500, b'{"a": ' + b"9" * 5000 + b"}", b"\x00"),
        *('{"name": "a"}'.encode("utf-16"), '{"name": "a"}'.encode("utf-32-be"), b"<html></html>"),
    ]
)
PATHS = st.sampled_from(
    [
        *("1", "0", "-1", "99999999999999999999", "%00", "%F0%28", "%2F", "%2e%2e", ".", "a%20b", "%E2%80%AE", "'"),
        *("%F0%9F%92%A5", "a" * 5000, "INC-1", "{id}", "%5B%5D", "%25", ";x=1", "%0D%0AX-Evil:%201"),
    ]
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])
HEADER = st.sampled_from(["", " ", "x", "\x00", "\xff" * 10, "a" * 5000, "Bearer", "Bearer  ", "Basic YTpi"])
SPOILED_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": HEADER | st.sampled_from(["Bearer sandbox-viewer", "bearer sandbox-editor", "Bearer x"]),
        "Content-Type": HEADER | st.sampled_from(["text/plain", "application/json; charset=utf-16", "a/b/c", ";;"]),
        "X-Sandbox-Actor": HEADER | st.sampled_from(["alice@example.com", "nobody@example.com"]),
        "Accept": HEADER,
        "Host": HEADER,
        "Origin": HEADER,
    },
)


@st.composite
def requests(draw: st.DrawFn, operation: Operation, account: Account) -> Request:
    """Draw a request for an operation: half of them as documented, with IDs that there are."""
    path = operation.path
    while "{" in path:
        begin, _, rest = path.partition("{")
        ids = account.ids_below.get(begin.rstrip("/")) or account.named("")
        path = begin + draw(st.sampled_from(ids)) + rest.partition("}")[2]
    query = draw(_queries(operation, account))
    body = draw(values(operation.body, account)) if operation.body else None
    encoded = b"" if body is None else json.dumps(body).encode()
    request = Request(operation.method, path, _encoded(query), HEADERS, encoded)
    if draw(st.booleans()):
        return request
    return draw(_spoiled(request, operation, query, body))


@st.composite
def _spoiled(draw: st.DrawFn, request: Request, operation: Operation, query: list[Any], body: Any) -> Request:
    """Draw what makes a request wrong, in one place."""
    match draw(st.sampled_from(["path", "query", "headers", "method", *(["body", "body", "no json"] * bool(body))])):
        case "path":
            begin = operation.path.partition("{")[0]
            return replace(request, path=begin + draw(PATHS | TEXT.map(lambda text: quote(text, errors="replace"))))
        case "query":
            return replace(request, query=draw(_spoiled_queries(operation, query)))
        case "headers":
            return replace(request, headers={**HEADERS, **draw(SPOILED_HEADERS)})
        case "method":
            return replace(request, method=draw(METHODS))
        case "body":
            return replace(request, body=json.dumps(draw(spoiled(body))).encode())
        case _:
            return replace(request, body=draw(NO_JSON))


@st.composite
def _queries(draw: st.DrawFn, operation: Operation, account: Account) -> list[tuple[str, str]]:
    """Draw the pairs of a query string as documented: all that is required, and a few more."""
    parameters = operation.query.values()
    optional = [parameter for parameter in parameters if not parameter.is_required]
    chosen = draw(st.lists(st.sampled_from(optional), max_size=3, unique_by=str)) if optional else []
    drawn: list[tuple[str, str]] = []
    for parameter in [*(each for each in parameters if each.is_required), *chosen]:
        named = account.named(parameter.name)
        operators = sorted(parameter.operators)
        brackets = [draw(st.sampled_from(named)), draw(st.sampled_from(operators))] if operators else []
        name = parameter.name + "".join(f"[{one}]" for one in brackets[-parameter.depth :] if parameter.depth)
        times = draw(st.integers(1, 2)) if operators or parameter.schema["type"] == "array" else 1
        drawn += [(name, draw(_parameters(parameter, account))) for _ in range(times)]
    return drawn


def _parameters(parameter: Parameter, account: Account) -> st.SearchStrategy[str]:
    match parameter.schema:
        case {"enum": words}:
            return st.sampled_from(words)
        case {"type": "integer", **rest}:
            return st.integers(rest.get("minimum", 0), rest.get("maximum", 100)).map(str)
        case {"type": "boolean"}:
            return st.sampled_from(["true", "false"])
        case _ if parameter.name.endswith("_at"):
            return st.sampled_from([*INSTANTS, "2026-01-01~2027-01-01", "2026-01-01~", "~2026-01-01"])
        case _:
            return plausible(account, parameter.name)


@st.composite
def _spoiled_queries(draw: st.DrawFn, operation: Operation, query: list[tuple[str, str]]) -> str:
    names = [*operation.query, "surplus", "", "[", "]", "[]"]
    brackets = ["", "[one_of]", "[x][is_blank]", "[a][b][c]", "[", "[][]", "[]", *(f"[{one}]" for one in OPERATORS)]
    name = draw(st.sampled_from(names)) + draw(st.sampled_from(brackets))
    wrong = draw(st.lists(st.tuples(st.just(name), TEXT), min_size=1, max_size=3))
    raw = draw(st.sampled_from(["", "", "&", "=", "&&==&", "%", "%ff=%fe", "%00=1", "a=b;c=d", "+", "\xff=1"]))
    return _encoded([*query, *wrong]) + raw


def _encoded(query: list[tuple[str, str]]) -> str:
    return urlencode(query, errors="replace")
