"""Times of the account become times of the script, by what the journal and the clock have told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.clock import Moment
from reconciler.gameday.clock import likeliest
from reconciler.gameday.dating import Dates
from reconciler.gameday.events import Acted, GoneOn, Held, Paused, Resumed, Seen, State, StepTold
from reconciler.gameday.story import story_of

if TYPE_CHECKING:
    from reconciler.gameday.events import Event

BEGUN = 1_000_000.0


def dates(*events: Event, at: float = 0.0, time: float = BEGUN, speed: float = 1.0) -> Dates:
    """Return what is known after these events."""
    one = Dates(speed)
    one.learn(story_of(events), at, time)
    return one


def step(at: float, time: float) -> StepTold:
    """Return a step that was done."""
    return StepTold(at, BEGUN + time, "a", State.DONE)


def test_at_speed_one_script_time_is_real_time_but_for_pauses() -> None:
    """What people do in a pause they do while the clock stands."""
    known = dates(
        step(0, 0),
        Paused(60, BEGUN + 60),
        GoneOn(60, BEGUN + 100),
        Held(70, BEGUN + 110, 30),
        Seen(5, BEGUN + 5, "outage", "update", "Bob"),
    )

    found = [known.script(BEGUN + seconds) for seconds in (-5, 10, 60, 80, 105, 120, 150)]
    assert found == [0, 10, 60, 60, 65, 70, 80]


def test_a_run_that_is_taken_up_again_goes_on_in_real_time() -> None:
    """At speed 1 script time passes while nobody runs it."""
    known = dates(step(0, 0), Resumed(500, BEGUN + 500))

    assert known.script(BEGUN + 300) == 300


def test_at_another_speed_what_is_done_while_the_clock_stands_has_its_time() -> None:
    """A simulated person acts between the note of it and the next look, and the clock shows the same at both."""
    known = Dates(1000)
    acted = Acted(120, BEGUN + 0.12, "a", "alice", "outage", "")
    known.learn(story_of([step(0, 0), acted]), 120, BEGUN + 0.2)
    known.learn(story_of([step(0, 0), acted]), 300, BEGUN + 0.4)

    found = [round(known.script(BEGUN + seconds)) for seconds in (0.05, 0.13, 0.2, 0.3, 0.4, 9)]
    assert found == [50, 120, 120, 220, 300, 300]


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 50)), max_size=30), st.floats(-10, 2000), st.floats(0, 100))
def test_later_is_never_earlier(passed: list[tuple[float, float]], unix: float, later: float) -> None:
    """Whatever the clock did, the order of what people did is kept; and nothing is later than the clock shows."""
    known, at, time = Dates(60), 0.0, 0.0
    for jump, seconds in passed:
        at, time = at + jump, time + seconds
        known.learn(story_of(()), at, time)

    assert known.script(unix) <= known.script(unix + later) <= at


@pytest.mark.parametrize(("is_servers", "more"), [(True, 0.5), (False, 0.0)])
def test_a_second_that_was_cut_off_is_halved(is_servers: bool, more: float) -> None:
    """An account dates its answers to the second, so a run is half a second off at the most; this machine does not."""
    told = datetime.fromtimestamp(BEGUN, UTC)

    assert likeliest(Moment(told, is_servers)) == BEGUN + more


@pytest.mark.parametrize(("machine", "time"), [(0.9, 0.9), (0.1, 0.1), (3600.9, 0.5)])
def test_a_sandbox_is_dated_by_the_clock_of_this_machine_unless_it_has_its_own(machine: float, time: float) -> None:
    """To the fraction where the two agree, which counts at a high speed; a machine that is wrong is not believed."""
    told = Moment(datetime.fromtimestamp(BEGUN, UTC), is_servers=True)

    assert likeliest(told, BEGUN + machine) == BEGUN + time
