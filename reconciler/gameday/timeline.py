"""How a run stands in; what happened in it, row by row in the order of its clock, out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.gameday.events import (
    Aborted,
    Acted,
    Cleaned,
    Ended,
    GoneOn,
    Held,
    Judged,
    Left,
    Paused,
    Resumed,
    Seen,
    State,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.events import Event, Planned
    from reconciler.gameday.story import Story

PRIVATE = "private"
"""Stands for every text of a private incident."""
ENDED_BEFORE = "the run ended before its window did"


class What(StrEnum):
    """What a row of a timeline tells of."""

    STEP = "step"
    PERSON = "person"
    """Somebody did something to an incident."""
    SIMULATED = "simulated"
    """A simulated person did, or could not."""
    EXPECTATION = "expectation"
    RUN = "run"
    """The run itself: who ran it, when its clock stood, how it ended."""
    CLEANUP = "cleanup"


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happened at one moment; of an expectation, the whole window from `at` to `until`.

    `verb` is the script's (`declare`, `set`, …), or what was done (`role`, `update`, `paused`, …); `state` is what
    became of a step, an expectation or an incident in cleanup; empty where it is not known yet.
    """

    at: float
    what: What
    verb: str
    incident: str = ""
    text: str = ""
    who: str = ""
    state: str = ""
    detail: str = ""
    step: str = ""
    due: float = 0.0
    until: float = 0.0
    lasted: float | None = None
    """Real seconds of a pause or a gap; of an expectation, the seconds that it took."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation and what came of it, None where its window is open.

    `took` is how many seconds after it was due it held, or what must never happen was done; None where neither was.
    """

    step: str
    incident: str
    text: str
    due: float
    within: float
    verdict: Verdict | None
    took: float | None = None
    who: str = ""
    detail: str = ""
    known: float | None = None
    """When the verdict fell, by the run's clock."""


@dataclass(frozen=True, slots=True)
class Stood:
    """A time in which the clock stood; `seconds` of real time, None where it still stands, `why` in words."""

    at: float
    seconds: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody ran it; the run's clock went from `at` to `until` in `seconds` of real time."""

    at: float
    until: float
    seconds: float
    why: str


def is_finished(story: Story) -> bool:
    """Return whether nothing of the script will happen any more."""
    return story.is_ended or story.is_aborted or story.is_over


def rows(story: Story) -> tuple[Row, ...]:
    """Return everything that happened, and the steps that did not, by the run's clock."""
    found = [*_steps(story), *_expectations(story), *_people(story), *_run(story)]
    stood = {event.step for event in story.events if isinstance(event, Paused)}
    # A pause that was made is told once, with how long the clock stood.
    told = (row for row in found if not (row.what is What.STEP and row.step in stood and row.state == State.DONE))
    return tuple(sorted(told, key=lambda row: row.at))


def expectations(story: Story) -> tuple[Expected, ...]:
    """Return what was expected, as written, and what came of it."""
    planned = story.begun.steps if story.begun else ()
    return tuple(_expected(story, one) for one in planned if one.verb == "expect")


def pauses(story: Story) -> tuple[Stood, ...]:
    """Return when the clock stood because somebody wanted it to."""
    words = {one.id: one.text for one in story.begun.steps} if story.begun else {}
    found: list[Stood] = []
    since: Paused | None = None
    for event in story.events:
        match event:
            case Paused():
                since = since or event
            case GoneOn() if since:
                found.append(Stood(since.at, max(event.time - since.time, 0.0), _why(since, words)))
                since = None
            case Held():
                found.append(Stood(event.at, event.seconds, "the host added time"))
    if since:
        found.append(Stood(since.at, None, _why(since, words)))
    return tuple(found)


def gaps(story: Story) -> tuple[Gap, ...]:
    """Return when nobody ran it: from the last that was noted to when it was taken up again."""
    found: list[Gap] = []
    before: Event | None = None
    at = time = 0.0
    for event in story.events:
        if isinstance(event, Resumed) and before:
            left = before if isinstance(before, Left) else None
            why = f"left: {left.why}" if left and left.why else "left" if left else "cut off"
            found.append(Gap(at, max(event.at, at), max(event.time - time, 0.0), why))
        before, at, time = event, max(at, event.at), max(time, event.time)
    return tuple(found)


def is_private(story: Story, incident: str) -> bool:
    """Return whether the incident's texts are kept back."""
    return bool(story.begun and incident in story.begun.private)


def _why(paused: Paused, words: dict[str, str]) -> str:
    if not paused.step:
        return "the host asked for it"
    return words.get(paused.step, paused.step).removeprefix("pause: ")


def _steps(story: Story) -> Iterator[Row]:
    for one in story.begun.steps if story.begun else ():
        if one.verb == "expect":
            continue
        told = story.steps.get(one.id)
        state = told.state if told else State.UNREACHED if is_finished(story) else None
        happened = told and state in {State.BEGUN, State.DONE, State.FAILED}
        at = told.at if told and happened else one.at
        detail = told.detail if told else ""
        yield Row(
            at,
            What.STEP,
            one.verb,
            one.incident,
            one.text,
            state=state.value if state else "",
            detail=detail,
            step=one.id,
            due=one.at,
        )


def _expectations(story: Story) -> Iterator[Row]:
    for one in expectations(story):
        yield Row(
            one.due,
            What.EXPECTATION,
            "expect",
            one.incident,
            one.text,
            one.who,
            one.verdict.value if one.verdict else "",
            one.detail,
            one.step,
            one.due,
            one.due + one.within,
            one.took,
        )


def _expected(story: Story, one: Planned) -> Expected:
    judged: Judged | None = story.verdicts.get(one.id)
    bare = Expected(one.id, one.incident, one.text, one.at, one.within, None)
    if judged:
        verdict, took, known = judged.verdict, judged.after, judged.at
        return Expected(*_facts(bare), verdict, took, judged.who, judged.detail, known)
    told = story.steps.get(one.id)
    if told and told.state in {State.MISSED, State.SKIPPED, State.OVERTAKEN, State.FAILED, State.UNREACHED}:
        why = told.detail or (ENDED_BEFORE if told.state is State.UNREACHED else told.state.value)
        return Expected(*_facts(bare), Verdict.NOT_OBSERVED, detail=why, known=told.at)
    if is_finished(story):
        return Expected(*_facts(bare), Verdict.NOT_OBSERVED, detail=ENDED_BEFORE)
    return bare


def _facts(one: Expected) -> tuple[str, str, str, float, float]:
    return one.step, one.incident, one.text, one.due, one.within


def _people(story: Story) -> Iterator[Row]:
    for event in story.events:
        match event:
            case Seen(at=at, incident=incident, what=what, who=who, text=text):
                said = PRIVATE if is_private(story, incident) else text
                yield Row(at, What.PERSON, what, incident, said, who)
            case Acted(at=at, incident=incident, who=who, text=text, failed=failed):
                state = State.FAILED if failed else State.DONE
                verb, *_ = text.split() or ["act"]
                said = PRIVATE if is_private(story, incident) else text
                yield Row(at, What.SIMULATED, verb, incident, said, who, state.value, failed, event.act)


def _run(story: Story) -> Iterator[Row]:
    for one in pauses(story):
        yield Row(one.at, What.RUN, "paused", text=one.why, lasted=one.seconds)
    for gap in gaps(story):
        yield Row(gap.at, What.RUN, "nobody ran it", text=gap.why, until=gap.until, lasted=gap.seconds)
    for event in story.events:
        match event:
            case Left(why=why):
                yield Row(event.at, What.RUN, "left", text=why)
            case Resumed(host=host):
                yield Row(event.at, What.RUN, "resumed", who=host)
            case Aborted(why=why):
                yield Row(event.at, What.RUN, "aborted", text=why)
            case Ended():
                yield Row(event.at, What.RUN, "ended")
            case Cleaned(incident=incident, outcome=outcome, detail=detail):
                yield Row(event.at, What.CLEANUP, "cleanup", incident, state=outcome, detail=detail)
