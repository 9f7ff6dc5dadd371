"""The report of a game day in; one page of HTML out that asks for nothing else, and runs nothing. Pure."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.gameday.comparing import Turn
from reconciler.gameday.events import State, Verdict
from reconciler.gameday.report import SPEEDS, Standing
from reconciler.gameday.spans import clock
from reconciler.gameday.timeline import What
from reconciler.render.gameday import picture, said, text
from reconciler.render.html import digest, styles, template
from reconciler.render.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.gameday.comparing import Difference
    from reconciler.gameday.report import Answered, Report
    from reconciler.gameday.timeline import Expected, Row

MOST_OPEN = 150
"""Rows of the table that are shown unfolded."""
SIGNS = {Verdict.HELD: "✓", Verdict.FAILED: "✕", Verdict.NOT_OBSERVED: "–", None: "…"}  # noqa: RUF001
STATES = {State.DONE: "good", State.FAILED: "bad", State.BEGUN: "bad"}

MOST_FAILED = 12
"""Expectations that failed that are told before the picture, which has them all."""

Object = dict[str, object]


def page(report: Report) -> str:
    """Return a page: the score, the timeline as a picture, how long people took, and a table of everything."""
    style = styles("sheet.css", "gameday.css")
    if report.standing is Standing.NOTHING:
        facts: Object = {"title": "Game day", "about": [said.NEVER_BEGUN], "report": None}
    else:
        facts = {"title": report.title or report.gameday, "about": list(_about(report)), "report": report}
        facts |= _facts(report)
    return template("gameday.html").render(style=style, style_hash=digest(style), version=__version__, **facts)


def _about(report: Report) -> Iterator[str]:
    yield f"{report.gameday}: {said.standing(report)}"
    yield from said.about(report)


def _facts(report: Report) -> Object:
    score = report.score
    failed = [_expected(one) for one in report.expectations if one.verdict is Verdict.FAILED]
    total = max(score.held + score.failed + score.not_observed + score.open, 1)
    parts: list[tuple[str, str, int]] = [
        ("held", "held", score.held),
        ("failed", "failed", score.failed),
        ("unseen", "not observed", score.not_observed),
        ("open", "still open", score.open),
    ]
    return {
        "score": said.score(score, has_share=False),
        "share": said.percent(score.share) if score.share is not None else "",
        "parts": [(kind, name, number, f"{number / total * 100:.2f}") for kind, name, number in parts if number],
        "tiles": _tiles(report),
        "failed": failed[:MOST_FAILED],
        "more_failed": max(len(failed) - MOST_FAILED, 0),
        "told": list(_told(report)),
        "picture": picture.of(report),
        "expected": {one.step: _expected(one) for one in report.expectations},
        "speeds": SPEEDS,
        "times": [_times(report, one) for one in report.incidents],
        "comparison": _comparison(report),
        "rows": [_row(row) for row in report.rows],
        "entries": count(len(report.rows), "entry", "entries"),
        "is_open": len(report.rows) <= MOST_OPEN,
        "chips": {one.name: list(_chips(report, one)) for one in report.incidents},
        "address": partial(_address, organisation=report.organisation),
    }


def _tiles(report: Report) -> list[tuple[str, str]]:
    """Return what was typical, of runs with incidents."""
    declared = [one for one in report.incidents if one.declared is not None]
    found = []
    for what in SPEEDS:
        took = report.typical(what)
        if took is not None:
            of = "" if len(declared) == 1 else ", median"
            found.append((f"{what}{of}", said.span(took)))
        elif declared:
            found.append((what, said.NEVER if report.is_finished else said.NOT_YET))
    return found


def _expected(one: Expected) -> Object:
    kind = picture.BARS[one.verdict]
    facts: Object = {"kind": kind, "sign": SIGNS[one.verdict], "verdict": said.verdict(one), "text": said.expected(one)}
    return facts | {"incident": one.incident, "outcome": said.outcome(one), "due": clock(one.due)}


def _told(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Yield what went wrong besides expectations, as lists of sentences."""
    steps = [said.trouble(row) for row in report.troubles]
    if report.unreached:
        steps.append(f"{count(report.unreached, 'step')} not reached: the run ended before")
    if steps:
        yield text.NOT_DONE, steps
    stood = [f"{clock(one.at)} {said.stood(one)}: {one.why}" for one in report.pauses]
    stood += [f"{clock(gap.at)} {said.gap(gap)}" for gap in report.gaps]
    if stood:
        yield "Pauses and gaps", stood
    left = report.left_open if report.is_finished else ()
    if left:
        yield "Left open", [f"{one.reference or one.name}: {one.cleanup_detail or said.NO_CLEANUP}" for one in left]


def _times(report: Report, one: Answered) -> Object:
    then: Mapping[str, Object] = {}
    if report.comparison:
        then = {each.what: _then(each) for each in report.comparison.times if each.incident == one.name}
    took = [(said.took(one, seconds, report), then.get(what)) for what, seconds in one.times.items()]
    return {"incident": one, "took": took, "cleanup": said.cleaned(one)}


def _then(one: Difference) -> Object:
    return {"then": said.then(one), "turn": said.turn(one), "kind": TURNS[one.turn]}


TURNS = {Turn.BETTER: "good", Turn.WORSE: "bad", Turn.SAME: "mild"}


def _chips(report: Report, one: Answered) -> Iterator[str]:
    if one.declared is None:
        yield "not declared"
        return
    for what, took in one.times.items():
        if took is not None:
            yield f"{what} {said.span(took)}"
    if report.is_finished and one in report.left_open:
        yield "left open"


def _comparison(report: Report) -> Object | None:
    found = report.comparison
    if not found:
        return None
    turned = [said.turned(one) for one in found.turned]
    return {"versus": said.versus(found), "score": _then(found.score) if found.score else None, "turned": turned}


def _row(row: Row) -> Object:
    state = row.state
    kind = STATES.get(State(state), "mild") if state in set(State) else ""
    if row.what is What.EXPECTATION:
        kind = {Verdict.HELD.value: "good", Verdict.FAILED.value: "bad"}.get(state, "mild")
        state = state or "open"
    if row.what is What.CLEANUP:
        kind, state = ("bad" if row.state == "failed" else "good"), said.OUTCOMES.get(row.state, row.state)
    return {
        "at": f"{clock(row.at)} to {clock(row.until)}" if row.until else clock(row.at),
        "what": WHO[row.what],
        "incident": row.incident,
        "text": said.happened(row),
        "who": "" if row.what is What.EXPECTATION else row.who,
        "state": state,
        "kind": kind,
        "detail": said.came(row),
    }


WHO = {
    What.STEP: "script",
    What.PERSON: "person",
    What.SIMULATED: "simulated",
    What.EXPECTATION: "expectation",
    What.RUN: "run",
    What.CLEANUP: "cleanup",
}


def _address(link: str, organisation: str) -> str:
    """Return a link into the organisation; nothing for one that leads anywhere else."""
    home = _ORIGIN.match(organisation)
    return link if home and link.startswith(f"{home[0]}/") else ""


_ORIGIN = re.compile(r"https://[\w.:-]+(?=/|$)")
