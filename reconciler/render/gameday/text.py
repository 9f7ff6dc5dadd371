"""The report of a game day in, lines for people out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday.events import State, Verdict
from reconciler.gameday.report import SPEEDS, Standing
from reconciler.gameday.spans import clock
from reconciler.gameday.timeline import What
from reconciler.render.fields import padded
from reconciler.render.gameday import said
from reconciler.render.page import BLANK, PIPE, Layout, Line, Span, line
from reconciler.render.words import count, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.gameday.report import Answered, Report
    from reconciler.gameday.timeline import Expected, Row

STYLES = {
    Verdict.HELD: "green",
    Verdict.FAILED: "bold red",
    Verdict.NOT_OBSERVED: "yellow",
    State.DONE: "",
    State.BEGUN: "yellow",
    State.MISSED: "yellow",
    State.SKIPPED: "yellow",
    State.OVERTAKEN: "yellow",
    State.UNREACHED: "dim",
}
SIGNS = {What.STEP: " ", What.PERSON: "*", What.SIMULATED: "*", What.EXPECTATION: "?", What.RUN: "-", What.CLEANUP: " "}
WIDEST_NAME = 24
COLUMN = 17
NOT_DONE = "Steps not done as written"
MOST_NAMES = 12
"""Incidents of one outcome that cleanup names."""


def page(report: Report, layout: Layout = PIPE) -> list[Line]:
    """Return the report: the score, what was expected, how long people took, what went wrong, and the timeline."""
    if report.standing is Standing.NOTHING:
        return [line(said.NEVER_BEGUN)]
    sections = (
        expectations(report),
        times(report, layout),
        comparison(report),
        troubles(report),
        interruptions(report),
        cleanup(report),
        timeline(report),
    )
    told = (each for section in sections for each in _apart(section))
    return [*header(report), BLANK, scored(report), *told]


def summary(report: Report) -> list[Line]:
    """Return what a run says when it ends: how it ended, the score, and what failed."""
    if report.standing is Standing.NOTHING:
        return [line(said.NEVER_BEGUN)]
    failed = [one for one in report.expectations if one.verdict is Verdict.FAILED]
    troubles = [row for row in report.troubles if row.state in {State.FAILED, State.BEGUN}]
    missed = sum(row.state == State.MISSED for row in report.troubles)
    return [
        line(visible(said.standing(report)) + "."),
        scored(report),
        *(_expected(one, _column(one.incident for one in failed)) for one in failed),
        *(_trouble(row) for row in troubles),
        *([line("  ", f"{count(missed, 'step')} missed")] if missed else []),
        *(_left_open(one) for one in report.left_open if report.is_finished),
    ]


def header(report: Report) -> Iterator[Line]:
    """Yield which run of which game day this is, and how it stands."""
    yield line("Game day ", Span(visible(report.gameday), "bold"), f": {visible(report.title)}")
    for sentence in (*said.about(report), said.standing(report)):
        yield line(visible(sentence))


def scored(report: Report) -> Line:
    """Return the score."""
    return line(Span(f"Score: {said.score(report.score)}", "bold"))


def expectations(report: Report) -> Iterator[Line]:
    """Yield each expectation with its verdict, how long it took, and who did it."""
    if report.expectations:
        yield line(Span("Expectations", "bold"))
    width = _column(one.incident for one in report.expectations)
    for one in report.expectations:
        yield _expected(one, width)


def _expected(one: Expected, width: int) -> Line:
    word = said.verdict(one)
    style = STYLES[one.verdict] if one.verdict else ""
    told = "; ".join(filter(None, (said.expected(one), said.outcome(one))))
    name = padded(visible(one.incident), width)
    return line("  ", Span(padded(word, 14), style), padded(clock(one.due), 6), name, visible(told))


def times(report: Report, layout: Layout) -> Iterator[Line]:
    """Yield how long people took, by incident, and what was typical where there are several."""
    declared = [one for one in report.incidents if one.declared is not None]
    if not declared:
        return
    lead = max(layout.width - 2 - 3 * COLUMN, 20)
    names = min(_column(_named(one) for one in declared), lead)
    yield line(Span(padded("Times", names + 2), "bold"), "".join(f"{what:>{COLUMN}}" for what in SPEEDS))
    for one in declared:
        told = "".join(f"{said.took(one, took, report):>{COLUMN}}" for took in one.times.values())
        name = _named(one)
        if len(name) >= names:
            yield line("  ", name)
            name = ""
        yield line("  ", padded(name, names), told)
    if len(declared) > 1:
        typical = (report.typical(what) for what in SPEEDS)
        told = "".join(f"{said.span(took) if took is not None else '-':>{COLUMN}}" for took in typical)
        yield line("  ", padded("median", names), told)


def _named(one: Answered) -> str:
    known = f"  {visible(one.reference)}" if one.reference else ""
    return f"{visible(one.name)}{known}{'  (private)' if one.is_private else ''}"


def comparison(report: Report) -> Iterator[Line]:
    """Yield what became better and what worse."""
    if not (found := report.comparison):
        return
    yield line(Span(visible(said.versus(found)), "bold"))
    if found.score:
        yield line("  ", padded("score", 17), said.compared(found.score))
    width = _column(one.incident for one in found.times)
    for one in found.times:
        yield line("  ", padded(one.what, 17), padded(visible(one.incident), width), said.compared(one))
    for turned in found.turned:
        yield line("  ", padded("expectation", 17), visible(said.turned(turned)))


def troubles(report: Report) -> Iterator[Line]:
    """Yield the steps that were not done as they are written."""
    if report.troubles or report.unreached:
        yield line(Span(NOT_DONE, "bold"))
    for row in report.troubles:
        yield _trouble(row)
    if report.unreached:
        yield line("  ", f"{count(report.unreached, 'step')} not reached: the run ended before")


def _trouble(row: Row) -> Line:
    told = row.detail or ("it is not known how far it came" if row.state == State.BEGUN else "")
    why = f": {told}" if told else ""
    return line(
        "  ", Span(padded(row.state, 14), _style(row.state)), visible(f"{clock(row.due)} {row.text or row.verb}{why}")
    )


def interruptions(report: Report) -> Iterator[Line]:
    """Yield when the clock stood, and when nobody ran it."""
    if report.pauses or report.gaps:
        yield line(Span("Pauses and gaps", "bold"))
    for one in report.pauses:
        yield line("  ", padded(clock(one.at), 9), visible(f"{said.stood(one)}: {one.why}"))
    for gap in report.gaps:
        yield line("  ", padded(clock(gap.at), 9), visible(said.gap(gap)))


def cleanup(report: Report) -> Iterator[Line]:
    """Yield what cleanup did, by outcome, and in full what it could not."""
    cleaned = [one for one in report.incidents if one.cleanup]
    left = report.left_open if report.is_finished else ()
    if not (cleaned or left):
        return
    yield line(Span("Cleanup", "bold"))
    for told in dict.fromkeys(one.cleanup for one in cleaned if one.cleanup != "failed"):
        names = [one for one in cleaned if one.cleanup == told]
        shown = ", ".join(visible(one.reference or one.name) for one in names[:MOST_NAMES])
        more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
        yield line("  ", padded(visible(said.OUTCOMES.get(told, told)), 16), f"{shown}{more}")
    for one in left:
        yield _left_open(one)


def _left_open(one: Answered) -> Line:
    why = one.cleanup_detail or said.NO_CLEANUP
    return line("  ", Span(padded("left open", 16), "bold red"), visible(f"{one.reference or one.name}: {why}"))


def timeline(report: Report) -> Iterator[Line]:
    """Yield everything that happened, by the run's clock."""
    if report.rows:
        yield line(Span("Timeline", "bold"))
    width = _column(row.incident for row in report.rows)
    for row in report.rows:
        yield _row(row, width)


def _row(row: Row, width: int) -> Line:
    who = f"{row.who}: " if row.who and row.what in {What.PERSON, What.SIMULATED} else ""
    simulated = " (simulated)" if row.what is What.SIMULATED else ""
    until = f"-{clock(row.until)}" if row.until else ""
    told = "; ".join(filter(None, (f"{who}{said.happened(row)}{simulated}", said.came(row))))
    state = row.state if row.state != State.DONE else ""
    if row.what is What.CLEANUP:
        told, state = f"cleanup: {said.OUTCOMES.get(row.state, row.state)}{f'; {row.detail}' if row.detail else ''}", ""
    lead = padded(f"{clock(row.at)}{until}", 13)
    spans = [Span(f"{state}: ", _style(state))] if state else []
    return line("  ", f"{SIGNS[row.what]} {lead}", padded(visible(row.incident), width), *spans, visible(told))


def _style(state: str) -> str:
    return {str(word): style for word, style in STYLES.items()}.get(state, "")


def _column(texts: Iterable[str]) -> int:
    """Return the width of a column of names; longer ones push what follows them."""
    return min(max((len(visible(text)) for text in texts), default=0), WIDEST_NAME) + 2


def _apart(section: Iterable[Line]) -> Iterator[Line]:
    for number, each in enumerate(section):
        if not number:
            yield BLANK
        yield each
