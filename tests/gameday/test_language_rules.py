"""Rules of the language that hold for whatever is written: spans, timetables, texts without placeholders."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import documents
from reconciler.errors import Invalid
from reconciler.gameday import reading, schedule, spans
from reconciler.gameday.filling import Filling
from reconciler.gameday.script import Moment, Note, Step
from tests.gameday import scenes

if TYPE_CHECKING:
    from random import Random

    from reconciler.documents import Document
    from reconciler.gameday.script import GameDay

TENTHS = st.integers(0, 10_000_000)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text().filter(lambda text: "${" not in text),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(TENTHS)
def test_a_span_that_is_written_reads_the_same(tenths: int) -> None:
    """To a tenth of a second, which is as exact as anybody writes one."""
    assert spans.seconds(spans.written(tenths / 10).replace(" ", "")) == pytest.approx(tenths / 10)


@given(st.floats(0, 1e6))
def test_a_span_is_written_to_the_nearest_tenth(seconds: float) -> None:
    """No part of it ever reads 60."""
    written = spans.written(seconds)

    assert abs(spans.seconds(written.replace(" ", "")) - seconds) <= 0.0501
    assert "60" not in [part.rstrip("hms") for part in written.split() if not part.endswith("h")]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(59.97, "1m"), (3599.96, "1h"), (0.04, "0s"), (-0.01, "0s"), (-90, "-1m 30s"), (0.5, "0.5s"), (3720, "1h 2m")],
)
def test_what_rounds_up_carries_over(seconds: float, written: str) -> None:
    """Nothing is written as sixty seconds."""
    assert spans.written(seconds) == written


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "5min", "1m1h", "-5m", "5m\n", "1.m", "1234567s", "0.1234s", "\u0665m"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    """Hours, minutes and seconds, in this order, each at most once."""
    with pytest.raises(ValueError, match="is no span of time"):
        spans.seconds(text)


@given(VALUES)
def test_a_value_without_placeholders_is_left_as_it_is(value: Any) -> None:
    """Filling is nothing where there is nothing to fill in."""
    filling = Filling(lambda *_: scenes.HERE, {})

    assert filling.filled(value) == value
    assert filling.problems == []


@st.composite
def scripts(draw: st.DrawFn) -> GameDay:
    """Give a game day of notes, some after others, written in any order."""
    count = draw(st.integers(1, 12))
    offsets = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    after = [draw(st.none() | st.integers(0, number - 1)) if number else None for number in range(count)]
    steps = [
        Step(f"s{number}", Moment(offset, "" if first is None else f"s{first}"), Note("x"), scenes.HERE)
        for number, (offset, first) in enumerate(zip(offsets, after, strict=True))
    ]
    return scenes.bare(*draw(st.permutations(steps)))


@given(scripts())
def test_a_timetable_is_ordered_and_has_every_step_once(day: GameDay) -> None:
    """In time, each behind the one that it is counted from; and of what is due at once, what is written first."""
    table = schedule.timetable(day)
    ids = [step.id for _, step in table.steps]

    assert sorted(ids) == sorted(step.id for step in day.steps)
    assert [at for at, _ in table.steps] == sorted(at for at, _ in table.steps)
    for at, step in table.steps:
        assert at == step.when.offset + table.due.get(step.when.after, 0)
        assert not step.when.after or ids.index(step.when.after) < ids.index(step.id)
    for one, other in zip(day.steps, day.steps[1:], strict=False):
        if one.when == other.when:
            assert ids.index(one.id) < ids.index(other.id)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=8))
def test_steps_that_wait_for_each_other_are_refused_and_never_played(after: list[int]) -> None:
    """Whatever waits for itself, over however many others, is a problem; what does not is due."""
    steps = [Step(f"s{number}", Moment(1, f"s{first}"), Note("x"), scenes.HERE) for number, first in enumerate(after)]
    day = scenes.bare(*steps)

    with pytest.raises(Invalid):
        schedule.timetable(day)
    assert not schedule.known(day).steps


JUNK: list[Any] = [
    None, True, 0, -1, 1.5, "", " ", "x", "0s", "999999h", "${param:region}", "${each:value}", "${run:id}", "${env:X}",
    "${", "declare-db-failover", "outage", [], {}, [[]], {"id": "x"}, {"count": 2}, [1], "Closed", "Triage", "a" * 100,
    "[", "*", "5m\n", 10**30, {"at_least": "Minor"}, "é",
]  # fmt: skip
"""What may stand where something else is meant."""
NAMES = ("id", "at", "after", "every", "declare", "never", "within", "for_each", "set", "status", "updates", "mode")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value below one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, one in inner for place in places(one, (*path, name)))]


def spoiled(scene: str, random: Random) -> Document:
    """Return a game day in which something else stands somewhere."""
    (document,) = documents.load(scene, "day.yaml")
    value = copy.deepcopy(document.value)
    *above, last = random.choice([place for place in places(value) if place])
    owner = value
    for name in above:
        owner = owner[name]
    match random.randrange(4):
        case 0:
            del owner[last]
        case 1 if isinstance(owner, dict):
            owner[random.choice(NAMES)] = copy.deepcopy(random.choice(JUNK))
        case _:
            owner[last] = copy.deepcopy(random.choice(JUNK))
    (found,) = documents.load(json.dumps(value), "day.yaml")
    return found


@given(st.sampled_from([scenes.FAILOVER, scenes.WATCHED, scenes.GROUP]), st.randoms(use_true_random=False))
def test_whatever_is_written_is_read_or_told(scene: str, random: Random) -> None:
    """A file is never too wrong to say what is wrong with it, and what is right is due at some time."""
    document = spoiled(scene, random)
    try:
        day = reading.written_out(document, reading.Surroundings({}), None)
    except Invalid as invalid:
        told = len(invalid.problems)
    else:
        told = len(schedule.timetable(day).steps)
    assert told
