import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.sandbox import Rates
from reconciler.sandbox.body import Items, Object, Shape
from reconciler.sandbox.resource import Route, discover

from .conftest import MINOR, Api, Maker

ROUTES = [route for resource in discover() for route in resource.routes]

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_WORDS = st.sampled_from(
    ["", "1", MINOR, "true", "2026-11-20T09:12:00Z", "2026-11-20", "0001-01-01T00:00:00+23:59", "a~b", "\x00", "live"]
)
_TEXT = _WORDS | st.text(max_size=8)


def _bodies(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case Object():
            fields = {name: _bodies(inner) for name, inner in shape.fields.items()}
            return st.fixed_dictionaries({}, optional={**fields, "surplus": _ANY}) | _ANY
        case Items():
            return st.lists(_bodies(shape.of), max_size=3) | _ANY
        case _:
            return _TEXT | _ANY


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, str]], bytes]:
    route: Route = draw(st.sampled_from(ROUTES))
    operator = st.sampled_from(["", "[one_of]", "[gte]", "[date_range]", f"[{MINOR}][is_blank]", "[", "[][]"])
    names = st.sampled_from([*route.query, "surplus"])
    query = draw(st.lists(st.tuples(st.builds("{}{}".format, names, operator), _TEXT), max_size=3))
    body = draw(_bodies(route.body)) if route.body else None
    path = route.path.replace("<id>", draw(st.sampled_from(["1", MINOR, "%00", "%F0%28", "99999999999999999999"])))
    return route.method, path, query, json.dumps(body).encode()


@pytest.fixture
def tireless(make_api: Maker) -> Api:
    """Return a client that is never told to wait."""
    api = make_api(rates=Rates(1_000_000))
    api.declare(custom_field_entries=[{"custom_field_id": api.field("Root cause"), "values": [{"value_text": "x"}]}])
    return api


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=_requests())
def test_no_request_makes_it_fail(tireless: Api, request: tuple[str, str, list[tuple[str, str]], bytes]) -> None:
    """Whatever is sent, the answer is a documented one, and never a 500."""
    method, path, query, body = request

    response = tireless.request(method, path, params=[(name, value) for name, value in query], content=body)

    assert response.status_code < 500, response.text
