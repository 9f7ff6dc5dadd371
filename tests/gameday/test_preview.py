"""What a host sees before saying yes, computed from the script and the plan."""

from __future__ import annotations

from dataclasses import replace

from reconciler.gameday import preview
from reconciler.gameday.script import (
    Close,
    Declare,
    GameDay,
    Moment,
    Pause,
    RoleAssigned,
    Set,
    Step,
    Timetable,
    Update,
)
from reconciler.model import Plan, Source
from reconciler.render import page
from reconciler.render.gameday import preview as rendering
from tests.gameday import scenes

EMPTY = Plan("acme", "https://app.incident.io/acme", 1, 1, (), who_will_notice=("1 incident is announced",))


def previewed(day: GameDay, *, speed: float = 1.0, until: float | None = None) -> preview.Preview:
    """Return the preview of a game day whose plan writes nothing."""
    return preview.of(day, scenes.timetable(day), EMPTY, "run-1", speed=speed, until=until)


def text(shown: preview.Preview) -> str:
    """Return its page."""
    return page.plain(rendering.page(shown), page.PIPE)


def storm() -> GameDay:
    """Return thirty incidents that one step declares."""
    names = [f"noise-{number}" for number in range(1, 31)]
    source = Source("day.yaml", 9, 7)
    declared = [
        Step(f"declare-{name}", Moment(60.0 + 20 * number), Declare(name), source) for number, name in enumerate(names)
    ]
    templates = {name: scenes.template(name, group="noise") for name in names}
    return replace(scenes.bare(*declared), incidents=templates)


def test_a_group_stands_on_one_line() -> None:
    """Thirty lines of noise would hide the one that matters."""
    shown = previewed(storm())

    assert [(one.number, one.text) for one in shown.entries] == [(30, "declare noise")]
    assert "  01:00–10:40  30 × declare noise\n" in text(shown)  # noqa: RUF001


def test_writes_are_counted_step_by_step_with_cleanup() -> None:
    """A plan joins what the steps send one by one; what the script leaves open is closed at the end."""
    steps = [
        scenes.step(0, Declare("outage")),
        scenes.step(1, Set("outage", {"severity": "Major"})),
        scenes.step(2, Set("outage", {"severity": "Critical"})),
    ]

    assert previewed(scenes.bare(*steps)).writes == 3
    assert previewed(scenes.bare(*steps, scenes.step(3, Close("outage")))).writes == 3


def test_windows_that_overlap_are_watched_once() -> None:
    """One request a second answers for all of them."""
    day = scenes.bare(
        scenes.expected(0, RoleAssigned("Lead"), 300),
        scenes.expected(200, RoleAssigned("Lead"), 300),
        scenes.expected(900, RoleAssigned("Lead"), 60),
    )

    assert previewed(day).watched == 560
    assert previewed(day, until=250).watched == 250


def test_what_lies_behind_the_end_is_left_out() -> None:
    """`--until` ends the script early, and cleanup comes then."""
    day = scenes.bare(scenes.step(0, Declare("outage")), scenes.step(600, Close("outage")))
    shown = previewed(day, until=300)

    assert [one.text for one in shown.entries] == ["declare outage"]
    assert "cleanup, and the script ends early" in text(shown)


def test_a_faster_clock_tells_both_times() -> None:
    """A rehearsal of half an hour takes half a minute."""
    shown = previewed(scenes.bare(scenes.step(0, Declare("outage")), scenes.step(1800, Close("outage"))), speed=60)

    assert shown.seconds == 30
    assert "2 steps in 30m, 60 times as fast: 30s" in text(shown)


def test_pauses_are_announced() -> None:
    """A host who sees them knows that somebody has to be there."""
    assert "and 1 pause" in text(previewed(scenes.bare(scenes.step(60, Pause("Brief them.")))))


def test_texts_of_private_incidents_are_not_shown() -> None:
    """A preview ends up in logs."""
    step = scenes.step(0, Update("outage", "x", {"message": "leaked"}))
    day = replace(
        scenes.bare(step),
        incidents={"outage": scenes.template("outage", {"visibility": "private"})},
    )
    shown = previewed(day)

    assert "leaked" not in text(shown)
    assert "leaked" not in str(rendering.as_object(shown))


def test_programs_get_every_step() -> None:
    """As JSON nothing is folded."""
    told = rendering.as_object(previewed(storm()))

    assert told["format_version"] == 1
    assert len(told["steps"]) == 30
    assert told["who_will_notice"] == ("1 incident is announced",)


def test_an_empty_timetable_ends_at_once() -> None:
    """There is nothing to wait for."""
    assert preview.of(scenes.bare(), Timetable(()), EMPTY, "run-1").seconds == 0
