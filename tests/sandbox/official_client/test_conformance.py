import re

import pytest

from reconciler.sandbox.resource import discover

from .calls import CALLS, Ground
from .client import Official, check_granted, find_modules


def test_the_client_has_a_call_for_every_route() -> None:
    """An operation that is new in the sandbox needs a call in the table."""
    templates = {
        (route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for resource in discover() for route in resource.routes
    }

    called = {place: module.partition(".")[2] for place, module in find_modules().items() if place in templates}

    assert called.keys() == templates
    assert sorted(called.values()) == sorted(CALLS)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_understood(official: Official, ground: Ground, call: str) -> None:
    """The answer is of the documented class, holds nothing that the class does not know, and loses nothing in it."""
    given = ground.given(call)

    response = official.send(call, **given)

    check_granted(call, response)
