"""The tables of the sandbox against the published document."""

import re
from typing import Any

import pytest

from reconciler.sandbox.body import Items, Object, Shape, Text
from reconciler.sandbox.incidents.edit import BODY as EDIT
from reconciler.sandbox.resource import Route, discover
from tests.contract.document import PATH, document

pytestmark = pytest.mark.skipif(not PATH.exists(), reason=f"NO PUBLISHED API DOCUMENT AT {PATH}")

ROUTES = [route for resource in discover() for route in resource.routes]
every_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")

Json = dict[str, Any]


def _documented(route: Route) -> Json:
    template = re.sub(r"<(\w+)>", r"{\1}", route.path)
    found: Json = document()["paths"][template][route.method.lower()]
    return found


@every_route
def test_every_route_is_documented_and_current(route: Route) -> None:
    """The sandbox serves nothing that the API does not have, or is about to lose."""
    found = _documented(route)

    assert not found.get("deprecated")


@every_route
def test_every_route_demands_the_documented_scopes(route: Route) -> None:
    """A key is refused for the scopes that the document names."""
    documented = _documented(route).get("x-rbac-scopes")

    # The edit names its scopes in prose: one to see incidents, and one for each field.
    assert list(route.scopes) == (["incidents.view"] if route.body is EDIT else documented or [])


@every_route
def test_every_route_takes_the_documented_parameters(route: Route) -> None:
    """Each documented query parameter is taken, and no other."""
    documented = {p["name"] for p in _documented(route).get("parameters", []) if p["in"] == "query"}

    assert set(route.query) == documented


@every_route
def test_every_body_has_the_documented_shape(route: Route) -> None:
    """A body takes the documented properties, types and enums, and requires the documented ones."""
    body = _documented(route).get("requestBody")
    if route.body is None or body is None:
        assert route.body is body
        return

    _compare(route.body, body["content"]["application/json"]["schema"])


def _compare(shape: Shape, schema: Json) -> None:
    schema = document()["components"]["schemas"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    match shape:
        case Object():
            assert set(shape.fields) == set(schema["properties"])
            assert {n for n, inner in shape.fields.items() if inner.required} == set(schema.get("required", ()))
            for name, inner in shape.fields.items():
                _compare(inner, schema["properties"][name])
        case Items():
            _compare(shape.of, schema["items"])
        case Text():
            assert set(shape.one_of) == set(schema.get("enum", ()))
            assert shape.longest == schema.get("maxLength")
        case _:
            assert schema["type"] in ("integer", "boolean", "string")
