"""What reports of game days say, in each form."""

from __future__ import annotations

import io
import itertools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from rich.cells import cell_len

from reconciler.gameday import report
from reconciler.gameday.events import Judged, Verdict
from reconciler.gameday.story import story_of
from reconciler.render import gameday
from reconciler.render.gameday import html, labels, markdown, picture, said, text
from reconciler.render.gameday.labels import Mark
from reconciler.render.gameday.recognised import is_report
from reconciler.render.markdown import MOST_BYTES
from reconciler.render.page import Layout, plain, screen
from tests.gameday import stories
from tests.gameday.journals import JOURNALS
from tests.render.snapshots import snapshot
from tests.sandbox.markup import Markup

if TYPE_CHECKING:
    from reconciler.gameday.events import Event
    from reconciler.gameday.report import Report
    from reconciler.gameday.story import Story

NARROW = Layout(80, fits=True)


def compared() -> Report:
    """Return the report of a run beside an earlier one."""
    return report.of(stories.good(), stories.good(slower=60, run="region-failover-20261101-090000"))


def shown(found: Report, form: str) -> str:
    """Return what a pipe gets."""
    stream = io.StringIO()
    gameday.render(found, form, stream)
    return stream.getvalue()


@pytest.mark.parametrize("form", gameday.FORMS)
@pytest.mark.parametrize("story", stories.ALL)
def test_every_run_can_be_told_in_every_form(story: str, form: str) -> None:
    """Good or aborted, resumed, missed, or never begun; always with an end of its last line."""
    told = shown(report.of(stories.ALL[story]()), form)

    assert told.endswith("\n")
    assert "\x1b" not in told
    assert ("region-failover" in told or "storm" in told) is (story != "nothing")


@pytest.mark.parametrize("form", gameday.FORMS)
@pytest.mark.parametrize("story", stories.ALL)
def test_a_report_is_known_again_in_every_form(story: str, form: str) -> None:
    """So that a newer one may take its place, and takes that of nothing else."""
    assert is_report(gameday.written(report.of(stories.ALL[story]()), form))


@pytest.mark.parametrize(
    "other",
    [
        "kind: GameDay\n",
        "Game day notes: what we learned\n",
        "## Game day: what we learned\n\nMuch.\n",
        "{}",
        "{",
        '{"format_version": 1, "changes": []}',
        "<!doctype html>\n<body>\n",
        '<?xml version="1.0"?>\n<testsuites name="pytest"/>',
    ],
)
def test_what_is_no_report_is_taken_for_none(other: str) -> None:
    """Notes, plans, other programs' results."""
    assert not is_report(other)


def test_the_text_of_a_report() -> None:
    """The score first, then what was expected, how long people took, and the timeline."""
    told = shown(compared(), "text")

    assert told == snapshot("gameday.txt", told)


@pytest.mark.parametrize("story", stories.ALL)
def test_a_report_fits_a_terminal_of_80_columns(story: str) -> None:
    """Long lines go on below where they began."""
    told = plain(text.page(report.of(stories.ALL[story]()), NARROW), NARROW)

    assert max(map(cell_len, told.splitlines())) <= 80


def test_a_narrow_terminal_gets_the_layout_of_80_columns() -> None:
    """As with plans: less cannot hold it."""
    assert screen(40) == NARROW


def test_colour_only_repeats_what_the_words_say() -> None:
    """On a terminal alone."""
    stream = Terminal()
    gameday.render(report.of(stories.good()), "text", stream)

    plain_text = re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue())
    assert "\x1b[" in stream.getvalue()
    assert " ".join(plain_text.split()) == " ".join(shown(report.of(stories.good()), "text").split())


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def test_the_words_of_a_report_are_ascii() -> None:
    """A terminal of any encoding shows them; only texts of others may have more."""
    for story in stories.ALL.values():
        assert shown(report.of(story()), "text").isascii()


def test_a_run_ends_with_its_score_and_what_failed() -> None:
    """What `gameday run` says last."""
    told = plain(text.summary(report.of(stories.aborted())), NARROW)

    assert told == (
        "Aborted (the host asked for it) at 08:20 of 30:00, cleanup unfinished.\n"
        "Score: 1 of 2 expectations held (50%), 5 not observed\n"
        "  failed        01:00  db-failover  within 5m Incident Lead assigned\n"
        "  failed        05:00 set severity Critical on db-failover: 422: `Critical` is\n"
        "                not a severity any more\n"
        '  begun         07:00 update db-failover: "us-east-1 is slow too", Fixing: it is\n'
        "                not known how far it came\n"
        "  left open       INC-150: 503 after 5 attempts\n"
    )


def test_a_good_end_is_short() -> None:
    """Two lines where everything held."""
    events = [event for event in stories.good().events if getattr(event, "step", "") != "customers"]
    held = Judged(1200, stories.BEGAN + 1200, "customers", Verdict.HELD, 10)

    told = plain(text.summary(report.of(story_of([*events, held]))), NARROW)

    assert told == "Played to its end, 30:00, cleaned up.\nScore: 7 of 7 expectations held (100%)\n"


def test_json_has_every_fact() -> None:
    """In seconds, with nothing where there is nothing."""
    found = json.loads(shown(compared(), "json"))

    assert found["format_version"] == 1
    assert found["score"] == {"held": 6, "failed": 1, "not_observed": 0, "open": 0, "share": 6 / 7}
    assert found["incidents"][0] == {
        "name": "db-failover",
        "title": "Database failover in eu-west-1",
        "private": False,
        "reference": "INC-142",
        "link": stories.LINK,
        "declared": 0.4,
        "to_assign": pytest.approx(129.6),
        "to_first_update": pytest.approx(211.6),
        "to_resolve": pytest.approx(1639.6),
        "cleanup": {"outcome": "already", "detail": None},
    }
    assert found["expectations"][0] == {
        "id": "lead",
        "incident": "db-failover",
        "text": "expect within 5m Incident Lead assigned on db-failover",
        "due": 60,
        "within": 300,
        "verdict": "held",
        "took": 70,
        "who": "Alice Archer",
        "detail": "Incident Lead: Alice Archer",
    }
    assert [one["turn"] for one in found["comparison"]["times"]] == ["better"] * 3
    assert len(found["timeline"]) == len(compared().rows)


def test_json_does_not_tell_the_title_of_a_private_incident() -> None:
    """It says that it is private."""
    (leak,) = [one for one in json.loads(shown(report.of(stories.storm()), "json"))["incidents"] if one["private"]]

    assert (leak["name"], leak["title"]) == ("leak", None)


def test_the_comment_for_a_pull_request() -> None:
    """The score, what was expected, how long people took, and the timeline folded."""
    told = shown(compared(), "markdown")

    assert told == snapshot("gameday.md", told)


@pytest.mark.parametrize("people", [0, 2_000, 20_000])
@pytest.mark.parametrize("steps", [10, 500, 5_000])
def test_no_comment_is_too_long_to_post(steps: int, people: int) -> None:
    """The timeline goes first, then what held; the score stays."""
    told = markdown.comment(report.of(large(steps, people)))

    assert len(told.encode()) <= MOST_BYTES
    assert "expectations held" in told or steps == 10


def large(steps: int, people: int) -> Story:
    """Return a run of many steps."""
    return stories.large(min(steps, 50), steps, people)


def test_a_comment_that_leaves_something_out_says_so() -> None:
    """And how to see all of it."""
    assert markdown.SHORTENED in markdown.comment(report.of(stories.large()))
    assert markdown.SHORTENED not in markdown.comment(report.of(stories.good()))


# What Jenkins' schema of JUnit's XML allows, which GitLab and GitHub's actions read the same way.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "id", "package"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, {"skipped", "error", "failure"}),
    "skipped": ({"message"}, set()),
    "error": ({"message", "type"}, set()),
    "failure": ({"message", "type"}, set()),
}


def suite(found: Report) -> ET.Element:
    """Return the one suite of a report, after a look at the whole document."""
    told = shown(found, "junit")
    assert told.isascii()
    root = ET.fromstring(told)
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    (one,) = root
    for count, path in {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}.items():
        assert int(one.attrib[count]) == int(root.attrib[count]) == len(one.findall(path))
    assert int(one.attrib["skipped"]) == len(one.findall("testcase/skipped"))
    total = sum(float(case.attrib["time"]) for case in one.findall("testcase"))
    assert float(one.attrib["time"]) == pytest.approx(total, abs=0.01)
    return one


def outcomes(found: Report) -> dict[str, tuple[str, float]]:
    """Return what a CI server makes of each test case."""
    cases = suite(found).findall("testcase")
    return {
        case.attrib["name"].split(":")[0]: (next((each.tag for each in case), "passed"), float(case.attrib["time"]))
        for case in cases
    }


def test_each_expectation_is_a_test_case() -> None:
    """Passed with its time where it held, failed where it failed."""
    assert outcomes(report.of(stories.good())) == {
        "lead": ("passed", 70),
        "first-notice": ("passed", 92),
        "quiet": ("passed", 0),
        "raised": ("passed", 35),
        "customers": ("failure", 600),
        "services": ("passed", 100),
        "roll-back": ("passed", 84),
    }


def test_what_was_not_observed_is_skipped_and_what_broke_is_an_error() -> None:
    """A step that failed and an incident left open fail a CI run as well."""
    assert outcomes(report.of(stories.aborted())) == {
        "lead": ("failure", 300),
        "first-notice": ("passed", 220),
        "quiet": ("skipped", 0),
        "raised": ("skipped", 0),
        "customers": ("skipped", 0),
        "services": ("skipped", 0),
        "roll-back": ("skipped", 0),
        "run region-failover-20261121-090000": ("error", 0),
        "step escalate": ("error", 0),
        "step second-region": ("error", 0),
        "cleanup of INC-150": ("error", 0),
    }


def test_a_run_that_has_not_ended_is_an_error() -> None:
    """A CI run that was cut short is not green."""
    assert outcomes(report.of(stories.under_way()))["run region-failover-20261121-090000"] == ("error", 0)


def test_a_run_that_was_never_begun_is_an_error() -> None:
    """A CI run that tested nothing is not green."""
    assert outcomes(report.of(stories.nothing())) == {"run": ("error", 0)}


@pytest.mark.parametrize("story", [*stories.ALL.values(), stories.large])
def test_every_suite_is_one_that_ci_servers_read(story: Any) -> None:
    """With the counts that it says."""
    assert suite(report.of(story())).attrib["tests"] != "0"


def test_a_page_tells_every_row_in_a_table_below_its_picture() -> None:
    """Whoever cannot see the picture misses nothing."""
    for build in stories.ALL.values():
        found = report.of(build())
        told = Markup(html.page(found))
        for row in found.rows:
            assert " ".join(row.text.split()) in told.text
        assert len(told.all("tr")) >= len(found.rows)


def test_each_expectation_is_a_bar_with_its_verdict_in_words() -> None:
    """Colour only repeats them."""
    found = report.of(stories.resumed())
    drawn = picture.of(found)
    bars = [bar for lane in drawn.lanes for bar in lane.bars]

    assert [bar.kind for bar in bars] == ["held", "unseen", "unseen", "failed", "held", "failed", "failed"]
    told = Markup(html.page(found)).text
    assert "✓ held within 5m Incident Lead assigned after 40s by Alice Archer" in told
    assert "✕ failed within 5m severity Critical or above" in told
    assert "not observed within 5m an update" in told


def test_everything_of_a_picture_stands_on_its_axis() -> None:
    """From its start to its end, also what happened after the script's."""
    for build in (*stories.ALL.values(), stories.large):
        found = report.of(build())
        drawn = picture.of(found)
        marks = [mark for lane in drawn.lanes for track in lane.tracks for mark in (*track.marks, *track.below)]
        assert all(0 <= mark.x <= 100 for mark in marks)
        bars = [bar for lane in drawn.lanes for bar in lane.bars]
        assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.reached <= bar.width + 0.01 for bar in bars)
        assert len(bars) == len(found.expectations)


def test_marks_that_would_cover_each_other_are_one_with_a_count() -> None:
    """None is lost."""
    found = report.of(stories.large())
    drawn = picture.of(found)
    counted = 0
    for lane in drawn.lanes:
        for track in lane.tracks:
            for marks in (track.marks, track.below):
                counted += sum(mark.count for mark in marks)
                places = [mark.x for mark in marks]
                assert all(after - before >= picture.NEAREST - 0.01 for before, after in itertools.pairwise(places))
    assert counted == sum(picture._is_marked(row, {one.name for one in found.incidents}) for row in found.rows)


def test_no_label_covers_another() -> None:
    """Neither on a phone nor on the narrowest wide screen."""
    marks = [Mark(x / 2, "step", 1, "", ("a long name of a step", "step")) for x in range(0, 201, 9)]
    found = list(labels.labelled(marks))
    assert {label.is_wide for label in found} == {False, True}

    for width, told in ((labels.NARROW, [one for one in found if not one.is_wide]), (labels.WIDE, found)):
        for level in (0, 1):
            places = sorted(labels._extent(one, width) for one in told if one.level == level)
            assert all(after[0] - before[1] >= labels.APART for before, after in itertools.pairwise(places))
            assert places[0][0] >= -labels.REACH
            assert places[-1][1] <= width + labels.REACH


def test_a_large_run_makes_a_page_of_less_than_two_megabytes() -> None:
    """500 steps, 50 incidents, and 2,000 things that people did."""
    assert len(html.page(report.of(stories.large())).encode()) < 2_000_000


def test_a_link_leads_only_into_the_organisation() -> None:
    """Whatever an account says that an incident's address is."""
    assert Markup(html.page(report.of(stories.good()))).all("a")[0]["href"] == stories.LINK
    for link in ("javascript:alert(1)", "https://evil.example/1", "https://app.incident.io.evil.example/", "//x"):
        events = [stories.begun(), stories.done("declare-db-failover", 0, reference="INC-1", link=link)]
        assert Markup(html.page(report.of(story_of(events)))).all("a") == []


def test_a_run_that_was_to_end_early_shows_what_it_did_not_come_to() -> None:
    """The axis is that of the whole script, with a line where the run ended."""
    events = [replace(stories.begun(), end=480), *stories.aborted().events[1:]]
    drawn = picture.of(report.of(story_of(events)))
    (*_, last) = (bar for lane in drawn.lanes for bar in lane.bars)

    assert drawn.stop == pytest.approx(500 / 1800 * 100, abs=0.01)
    assert (last.x, last.width) == pytest.approx((660 / 1800 * 100, 900 / 1800 * 100), abs=0.01)


def test_the_picture_shows_when_nobody_ran_it_and_where_the_run_ended() -> None:
    """A band from the last note to the next host; a line where an aborted run is."""
    (gap,) = picture.of(report.of(stories.resumed())).gaps
    assert (gap.x, gap.width) == pytest.approx((180 / 1802 * 100, 310 / 1802 * 100), abs=0.02)
    assert picture.of(report.of(stories.aborted())).stop == pytest.approx(500 / 1800 * 100, abs=0.01)
    assert picture.of(report.of(stories.good())).stop is None


@settings(deadline=None)
@given(JOURNALS)
def test_any_journal_has_a_report(events: list[Event]) -> None:
    """Whatever order its events are in, and whatever they are about: nobody is left without a report."""
    found = report.of(story_of(events))

    for form in gameday.FORMS:
        assert shown(found, form).endswith("\n")
    suite(found)
    drawn = picture.of(found)
    assert all(0 <= bar.x <= bar.x + bar.width <= 100.01 for lane in drawn.lanes for bar in lane.bars)
    assert all(0 <= bar.reached <= bar.width + 0.01 for lane in drawn.lanes for bar in lane.bars)
    assert found.score.held + found.score.failed + found.score.not_observed + found.score.open == len(
        found.expectations
    )


def test_what_held_later_than_its_window_fills_the_bar_and_no_more() -> None:
    """A journal may tell of a match after the window, and of a run that ended as it began."""
    late = Judged(1200, stories.BEGAN + 1200, "customers", Verdict.HELD, 10_000)
    drawn = picture.of(report.of(story_of([*stories.good().events, late])))

    bars = [bar for lane in drawn.lanes for bar in lane.bars if bar.expected.step == "customers"]

    assert [bar.reached for bar in bars] == [bar.width for bar in bars] != []


def test_a_share_is_100_percent_only_where_all_of_it_held() -> None:
    """299 of 300 are not all, and one of 300 is not nothing."""
    assert [said.percent(share) for share in (1.0, 299 / 300, 0.29, 1 / 300, 0.0)] == ["100%", "99%", "29%", "1%", "0%"]
