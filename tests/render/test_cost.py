"""What carrying out a plan costs."""

from __future__ import annotations

import pytest

from reconciler.render.words import cost
from tests.render import plans


@pytest.mark.parametrize(
    ("requests", "told"),
    [(1, "1 request"), (1_200, "1,200 requests"), (1_300, "1,300 requests, which take 5 s at the least")],
)
def test_a_plan_tells_what_it_costs(requests: int, told: str) -> None:
    """Beyond a burst, the rate limit sets the least time."""
    changes = (plans.update("first", "We know of it."),) * requests

    assert cost(plans.plan(changes=changes)) == told
