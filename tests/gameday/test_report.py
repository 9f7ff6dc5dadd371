"""What a report makes of a run's journal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.errors import Misused
from reconciler.gameday import report
from reconciler.gameday.comparing import Turn
from reconciler.gameday.events import Acted, Event, Judged, Resumed, Seen, State, Verdict, events_of, line_of
from reconciler.gameday.report import Standing
from reconciler.gameday.story import Story, story_of
from reconciler.gameday.timeline import PRIVATE, What
from tests.gameday import stories


def changed(story: Story, *without: type[Event]) -> list[Event]:
    """Return the events of a run but for some kinds."""
    return [event for event in story.events if not isinstance(event, without)]


def test_the_score_is_held_of_those_that_count() -> None:
    """Six of seven; nothing else counts."""
    score = report.of(stories.good()).score

    assert (score.held, score.failed, score.not_observed, score.open) == (6, 1, 0, 0)
    assert score.share == 6 / 7


def test_what_nobody_observed_counts_neither_way() -> None:
    """Neither as held nor as failed."""
    score = report.of(stories.resumed()).score

    assert (score.held, score.failed, score.not_observed) == (2, 3, 2)
    assert score.share == 2 / 5


def test_a_run_of_which_nothing_was_observed_has_no_score() -> None:
    """Nothing of nothing is no number."""
    found = report.of(stories.missed())

    assert found.score.share is None
    assert found.score.not_observed == 7


def test_an_expectation_without_a_verdict_is_open_while_the_run_goes_on() -> None:
    """Its window is still to come, or open."""
    found = report.of(stories.under_way())

    assert found.standing is Standing.UNDER_WAY
    assert found.score.open == 6


def test_an_expectation_without_a_verdict_was_not_observed_once_the_run_is_aborted() -> None:
    """Nobody will look at it any more, and the report says why."""
    found = report.of(stories.aborted())

    assert found.score.open == 0
    assert found.score.not_observed == 5
    (quiet,) = [one for one in found.expectations if one.step == "quiet"]
    assert (quiet.verdict, quiet.detail) == (Verdict.NOT_OBSERVED, "the run ended before its window did")


def test_times_are_measured_from_when_an_incident_was_declared_to_what_people_did() -> None:
    """The script's own role, updates and closing do not count."""
    (incident,) = report.of(stories.good()).incidents

    assert incident.declared == 0.4
    assert incident.to_assign == pytest.approx(129.6)
    assert incident.to_first_update == pytest.approx(211.6)
    assert incident.to_resolve == pytest.approx(1639.6)


def test_what_people_did_not_do_has_no_time() -> None:
    """A script that closes an incident has not resolved it."""
    (incident,) = report.of(story_of(changed(stories.good(), Seen))).incidents

    assert set(incident.times.values()) == {None}


def test_a_status_that_is_still_live_resolves_nothing() -> None:
    """Monitoring is live; Documenting is not."""
    live = [event for event in stories.good().events if getattr(event, "category", "") != "learning"]

    assert report.of(story_of(live)).incidents[0].to_resolve is None


def test_an_incident_that_was_never_declared_has_no_times() -> None:
    """Whatever is seen of it was not of this run."""
    events = [event for event in stories.good().events if getattr(event, "step", "") != "declare-db-failover"]
    (incident,) = report.of(story_of(events)).incidents

    assert incident.declared is None
    assert set(incident.times.values()) == {None}


def test_the_texts_of_private_incidents_are_not_told() -> None:
    """Not its title, even where the journal has one, nor what people wrote."""
    begun = stories.begun(private=[stories.DB])
    story = story_of([replace(begun, parameters={"canary": "CANARY"}), *stories.good().events[1:]])

    found = report.of(story)

    assert found.parameters == {"canary": PRIVATE}

    assert found.incidents[0].title == PRIVATE
    assert {row.text for row in found.rows if row.what is What.PERSON} == {PRIVATE}
    assert found.incidents[0].to_assign is not None


def test_steps_that_were_not_simply_done_are_troubles() -> None:
    """Failed, begun and never told, skipped; what the run did not reach is counted."""
    found = report.of(stories.aborted())

    assert [(row.step, row.state) for row in found.troubles] == [
        ("escalate", State.FAILED),
        ("second-region", State.BEGUN),
        ("deploy", State.SKIPPED),
    ]
    assert found.unreached == 3


def test_missed_and_overtaken_steps_are_troubles() -> None:
    """With the reason that the journal has."""
    found = report.of(stories.resumed())

    assert [(row.step, row.state, row.detail) for row in found.troubles] == [
        ("escalate", State.MISSED, "3m 10s late"),
        ("close-db-failover", State.OVERTAKEN, "closed by Alice Archer"),
    ]


def test_a_pause_lasts_until_the_clock_goes_on() -> None:
    """In seconds of real time, with the script's words; added time is a pause as well."""
    found = report.of(stories.good())

    assert [(one.at, one.why) for one in found.pauses] == [(60, "Brief the observers."), (560, "the host added time")]
    assert found.pauses[0].seconds == pytest.approx(0.2)
    assert found.pauses[1].seconds == 60


def test_a_clock_that_stands_still_has_no_end() -> None:
    """Nobody went on yet."""
    (*_, last) = report.of(stories.under_way()).pauses

    assert last.seconds is None


def test_a_gap_reaches_from_the_last_note_to_the_next_host() -> None:
    """Whether the host left or was cut off."""
    first, second = report.of(stories.resumed()).gaps

    assert (first.at, first.until, first.seconds, first.why) == (180, 490, 310, "cut off")
    assert second.seconds == pytest.approx(599.5)
    assert second.why == "left: the terminal went away"


def test_rows_stand_in_the_order_of_the_clock() -> None:
    """What was seen late stands where it happened."""
    for story in (build() for build in stories.ALL.values()):
        times = [row.at for row in report.of(story).rows]
        assert times == sorted(times)


def test_every_step_and_everything_seen_is_in_the_timeline() -> None:
    """Nothing is left out but a pause's step, which its pause tells."""
    story = stories.storm()
    found = report.of(story)
    assert story.begun

    steps = {row.step for row in found.rows if row.what in {What.STEP, What.EXPECTATION}}
    assert steps == {one.id for one in story.begun.steps}
    assert sum(row.what is What.PERSON for row in found.rows) == len(story.seen)
    acts = [event for event in story.events if isinstance(event, Acted)]
    assert [row.detail for row in found.rows if row.what is What.SIMULATED and row.detail] == [
        act.failed for act in acts if act.failed
    ]


def test_what_cleanup_left_open_is_told() -> None:
    """What it could not close, and what it never came to."""
    assert [one.reference for one in report.of(stories.aborted()).left_open] == ["INC-150"]
    early = story_of(stories.good().events[:-2])
    assert [one.name for one in report.of(early).left_open] == [stories.DB]
    assert report.of(stories.good()).left_open == ()


def test_a_run_that_was_never_begun_has_a_report_as_well() -> None:
    """There is nothing in it."""
    found = report.of(stories.nothing())

    assert (found.standing, found.rows) == (Standing.NOTHING, ())


def test_a_journal_gives_the_report_that_its_events_give() -> None:
    """The journal is the only source."""
    for build in stories.ALL.values():
        story = build()
        text = b"".join(map(line_of, story.events))
        assert report.of(story_of(events_of(text))) == report.of(story)


def test_a_run_is_better_where_people_were_quicker() -> None:
    """By more than a second."""
    earlier = stories.good(slower=60, run="earlier")
    found = report.of(stories.good(), earlier).comparison
    assert found

    assert [(one.what, one.turn) for one in found.times] == [
        ("to assign", Turn.BETTER),
        ("to first update", Turn.BETTER),
        ("to resolve", Turn.BETTER),
    ]
    assert found.score
    assert found.score.turn is Turn.SAME
    back = report.of(earlier, stories.good()).comparison
    assert back
    assert {one.turn for one in back.times} == {Turn.WORSE}


def test_a_second_makes_no_difference() -> None:
    """People are not that exact."""
    found = report.of(stories.good(), stories.good(slower=0.9, run="earlier")).comparison
    assert found

    assert {one.turn for one in found.times} == {Turn.SAME}


def test_what_people_did_in_one_run_alone_is_better_than_nothing() -> None:
    """And nothing is worse than something."""
    silent = story_of([replace(stories.begun(), run="silent"), *changed(stories.good(), Seen)[1:]])

    better, worse = report.of(stories.good(), silent).comparison, report.of(silent, stories.good()).comparison
    assert better
    assert worse

    assert {one.turn for one in better.times} == {Turn.BETTER}
    assert {one.turn for one in worse.times} == {Turn.WORSE}


def test_an_expectation_that_failed_before_and_held_now_is_better() -> None:
    """What was not observed in one of the two says nothing."""
    found = report.of(stories.good(), stories.resumed()).comparison
    assert found

    assert {one.step: one.turn for one in found.turned} == {
        "first-notice": None,
        "quiet": None,
        "raised": Turn.BETTER,
        "customers": Turn.WORSE,
        "services": Turn.BETTER,
        "roll-back": Turn.BETTER,
    }


def test_a_script_that_was_changed_in_between_is_told() -> None:
    """Its runs are compared all the same."""
    other = story_of([stories.begun(run="other", digest="d2"), *stories.good().events[1:]])

    found = report.of(stories.good(), other).comparison
    assert found
    assert not found.is_same_script


@pytest.mark.parametrize(
    ("earlier", "reason"),
    [
        (stories.storm, "only runs of one game day can be compared"),
        (stories.good, "cannot be compared with itself"),
        (stories.nothing, "a run that was never begun cannot be compared"),
    ],
)
def test_what_cannot_be_compared_is_refused(earlier: object, reason: str) -> None:
    """With the reason, and how to find another run."""
    assert callable(earlier)
    with pytest.raises(Misused, match=reason) as refused:
        report.of(stories.good(), earlier())

    assert refused.value.hint == "reconciler gameday list"


def test_an_expectation_that_failed_by_being_done_says_when() -> None:
    """What must never happen fails as soon as somebody does it."""
    events = [event for event in stories.good().events if getattr(event, "step", "") != "quiet"]
    did = Judged(400, stories.BEGAN + 400, "quiet", Verdict.FAILED, 280, "Bob Baker", "Closed")
    (quiet,) = [one for one in report.of(story_of([*events, did])).expectations if one.step == "quiet"]

    assert (quiet.verdict, quiet.took, quiet.who) == (Verdict.FAILED, 280, "Bob Baker")


def test_everybody_who_hosted_is_told() -> None:
    """In the order in which they came, each once."""
    again = Resumed(1803, stories.BEGAN + 2500, "alice@laptop")

    assert report.of(story_of([*stories.resumed().events, again])).hosts == ("alice@laptop", "bob@desk")
