"""The screen of a run: it fits whatever the terminal is, and what matters stands on it."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reconciler.cli.gameday.wishes import QUESTIONS
from reconciler.gameday.events import Away, Back, Begun, Cleaned, Ended, Judged, Over, Planned, State, StepTold, Verdict
from reconciler.gameday.hosting import Awaited, Next, Now, Shown
from reconciler.gameday.status import of
from reconciler.gameday.story import after, story_of
from reconciler.render.gameday.events import stamped, told
from reconciler.render.gameday.frame import KEYS, frame
from reconciler.render.gameday.panels import View
from reconciler.render.gameday.status import page

STEPS = (
    Planned("declare-db", 0, "declare", "db", "declare db"),
    Planned("lead", 60, "expect", "db", "expect within 5m Incident Lead assigned on db", 300),
    Planned("again", 60, "expect", "db", "expect within 5m Incident Lead assigned on db", 300),
    Planned("escalate", 300, "set", "db", "set severity Critical on db"),
)
EVENTS = (
    Begun(0, 1, "day-1", "day", "The title of a day", "x", STEPS, {"db": "Database failover"}, end=1800),
    StepTold(1, 2, "declare-db", State.DONE, reference="INC-12"),
    Judged(190, 192, "first", Verdict.HELD, 130.0, "Alice"),
)
STORY = story_of(EVENTS)
LOG = [(one.at, row) for one in EVENTS if (row := told(one, STORY))]


def view(number: int = 1, *, question: str = "", why: str = "", has_keys: bool = True, is_plain: bool = False) -> View:
    """Return a run with so many incidents."""
    shown = tuple(
        Shown(f"db-{at}", "Title", f"INC-{at}", "Closed" if at else "Fixing", "Major") for at in range(number)
    )
    now = Now(
        312,
        1800,
        1.0,
        bool(why),
        why,
        Next("escalate", STEPS[3].text, 108),
        shown,
        (
            Awaited("again", STEPS[2].text, 42),
            Awaited("calm", "expect for 10m never status Closed on db", 400, never=True),
        ),
    )
    return View(now, STORY, LOG, question, has_keys, is_plain)


def text(view: View, width: int = 80, height: int = 24) -> str:
    """Return what stands on the screen."""
    return "\n".join("".join(span.text for span in row).rstrip() for row in frame(view, width, height))


@given(number=st.integers(0, 60), width=st.integers(1, 200), height=st.integers(1, 80), plain=st.booleans())
def test_it_fits_every_terminal(number: int, width: int, height: int, *, plain: bool) -> None:
    """A terminal may be made as small as its owner likes."""
    rows = frame(view(number, is_plain=plain), width, height)

    assert len(rows) == height
    assert all(sum(cell_len(span.text) for span in row) <= width for row in rows)


def test_it_says_where_the_run_is_and_what_comes_next() -> None:
    """What a host looks for first."""
    shown = text(view(is_plain=True))

    assert " 05:12   The title of a day" in shown
    assert "of 30:00, 1 of 4 steps" in shown
    assert "in 01:48  set severity Critical on db" in shown


def test_it_counts_down_what_is_expected() -> None:
    """The window that ends soonest stands first, without what the countdown says already."""
    shown = text(view()).splitlines()
    at = next(number for number, row in enumerate(shown) if "Expectations" in row)

    assert "1 held" in shown[at]
    assert "2 open" in shown[at]
    assert shown[at + 1].split()[0] == "00:42"
    assert shown[at + 1].endswith("  Incident Lead assigned on db")
    assert "never status Closed on db" in shown[at + 2]


def test_what_does_not_fit_is_counted() -> None:
    """Thirty small incidents leave room for the rest; one that is open stands before those that are closed."""
    shown = text(view(31))

    assert "1 Fixing" in shown
    assert "30 Closed" in shown
    assert shown.index("INC-0 ") < shown.index("INC-1 ")
    assert " more\n" in shown
    assert "held after 2m 10s: " in shown


def test_a_pause_says_why_and_which_key_ends_it() -> None:
    """Nobody has to look anything up in front of an audience."""
    shown = text(view(why="Brief the observers."))

    assert "PAUSED" in shown
    assert "Brief the observers." in shown
    assert " p  go on " in shown
    assert " q  abort " in shown


def test_a_question_takes_the_place_of_the_keys() -> None:
    """Only yes and no count then."""
    shown = text(view(question="End the run now? y/n"))

    assert shown.splitlines()[-1] == " End the run now? y/n"


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_a_question_on_a_narrow_screen_says_how_to_answer(width: int) -> None:
    """Whoever pressed the wrong key must see which one is no."""
    for asked in QUESTIONS.values():
        assert text(view(question=asked), width).splitlines()[-1].endswith(" y/n")


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80])
def test_every_key_stands_on_a_narrow_screen(width: int) -> None:
    """With what it does as long as there is room."""
    foot = text(view(), width).splitlines()[-1]

    assert [key for key, *_ in KEYS if f" {key} " in f"{foot} "] == ["p", "s", "+", "q", "l"]
    assert ("skip" in foot) == (width >= 40)


def test_a_minute_that_was_added_counts_down() -> None:
    """A clock that stands and says nothing looks like a run that hangs."""
    before = view(is_plain=True)
    assert before.now
    shown = text(replace(before, now=replace(before.now, held=44.6)))

    assert " HELD 00:45" in shown
    assert "running" not in shown
    assert "in 02:32  set severity Critical on db" in shown


def test_what_is_cleaned_up_is_shown_as_it_is() -> None:
    """No window is open behind the end, what was closed is not told as being worked on, and no key does anything."""
    story = reduce(after, (Ended(1800, 9), Cleaned(1800, 9, "db-0", "closed", "INC-0")), STORY)
    shown = text(replace(view(), story=story))
    over = text(replace(view(), story=after(story, Over(1800, 10))))

    assert "cleaning up" in shown
    assert "0 open" in shown
    assert "1 Closed" in shown
    assert "Fixing" not in shown
    assert shown.splitlines()[-1] == " Ctrl-C leaves it as it is"
    assert "set severity Critical" not in shown.split("Lately")[0]
    assert over.splitlines()[0].endswith(" over")


def test_without_keys_it_names_the_one_way_out() -> None:
    """A run whose stdin is no terminal hears signals alone."""
    assert "Ctrl-C" in text(view(has_keys=False)).splitlines()[-1]


@pytest.mark.parametrize("is_plain", [True, False])
def test_a_title_cannot_steer_the_terminal(*, is_plain: bool) -> None:
    """Titles and texts come from files and from people."""
    hostile = Now(1, 2, 1.0, incidents=(Shown("db", "a\x1b[2Jb\nc", "INC\x1b", "\x07", "\r"),))

    assert not {"\x1b", "\x07", "\r"} & set(text(View(hostile, STORY, LOG, is_plain=is_plain)))


def test_an_api_that_is_away_is_told_where_the_host_looks() -> None:
    """On the screen, as a line, and to whoever asks for the status; until it is back."""
    gone, back = Away(300, 302, "GET /v2/incidents: 503"), Back(310, 312)
    story = story_of((*EVENTS, gone))

    assert "the API is away" in text(replace(view(), story=story))
    assert stamped(gone, story) == (
        "[05:00] the account cannot be read, so nobody sees what people do: GET /v2/incidents: 503"
    )
    assert stamped(back, story) == "[05:10] the account can be read again"
    shown = "\n".join(row.text for row in page(of(story, 303, "somebody")))
    assert "the account cannot be read: GET /v2/incidents: 503" in shown
    again = story_of((*EVENTS, gone, back))
    assert not of(again, 313, "somebody").away
    assert "the API is away" not in text(replace(view(), story=again))


def test_what_was_judged_is_not_open_any_more() -> None:
    """Also where nothing was shown since: the numbers of the last picture add up."""
    judged = Judged(312, 314, "calm", Verdict.NOT_OBSERVED)
    shown = text(replace(view(), story=story_of((*EVENTS, judged))))

    assert "1 held  0 failed  1 not observed  1 open" in shown
    assert "never status Closed" not in shown
