"""What is remembered of saved plans that were applied."""

from __future__ import annotations

import json

from reconciler.state import State
from reconciler.state.memory import replay
from reconciler.state.record import MOST_USED_PLANS


def test_used_plans_outlive_a_state_file() -> None:
    """They are written and read with it."""
    state = State(workspace="acme").with_used("first").with_used("second")

    assert State.from_json(json.loads(json.dumps(state.to_json())), "state.json").used_plans == ("first", "second")


def test_a_state_of_before_knows_of_none() -> None:
    """A state that an older version wrote is still one."""
    told = State(workspace="acme").to_json()
    del told["used_plans"]

    assert State.from_json(told, "state.json").used_plans == ()


def test_only_the_latest_used_plans_are_kept() -> None:
    """The state does not grow for ever; a plan as old as that is stale."""
    state = State()
    for number in range(MOST_USED_PLANS + 3):
        state = state.with_used(str(number))

    assert len(state.used_plans) == MOST_USED_PLANS
    assert state.used_plans[-1] == str(MOST_USED_PLANS + 2)


def test_a_plan_is_used_up_although_its_run_died_saving_the_state() -> None:
    """The journal tells it at the end, and the next run reads the journal."""
    memory = replay(State(), b'{"used":"mine"}\n', "journal")

    assert memory.state.used_plans == ("mine",)
