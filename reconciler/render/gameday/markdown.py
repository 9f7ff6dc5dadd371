"""The report of a game day in, a comment for a pull request out: safe whatever the texts, never too long. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.gameday.events import Verdict
from reconciler.gameday.report import SPEEDS, Standing
from reconciler.gameday.spans import clock
from reconciler.render.gameday import said, text
from reconciler.render.markdown import MOST_BYTES, escaped, fenced
from reconciler.render.words import count, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.gameday.report import Report
    from reconciler.gameday.timeline import Expected
    from reconciler.render.page import Line

LONGEST = 200
"""Characters of a text where there is not room for all."""
MOST_FAILED = 50
"""Expectations that are told where there is not room for all."""
SIGNS = {Verdict.HELD: "✅", Verdict.FAILED: "❌", Verdict.NOT_OBSERVED: "\N{HEAVY MINUS SIGN}", None: "⏳"}
SHORTENED = "The whole report is too long for a comment: run `reconciler gameday report`."


def comment(report: Report) -> str:
    """Return the report as Markdown of at most 65,536 bytes: in full, without the timeline, or what failed alone."""
    if report.standing is Standing.NOTHING:
        return f"## Game day\n\n{said.NEVER_BEGUN}\n"
    degrees: tuple[Callable[[Report], Iterator[str]], ...] = (_in_full, _in_short, _failures, _counts)
    texts = ("\n\n".join([*_head(report), *degree(report)]) + "\n" for degree in degrees)
    return next(text for text in texts if len(text.encode(errors="replace")) <= MOST_BYTES)


def _head(report: Report) -> Iterator[str]:
    yield f"## Game day: {_cut(report.title or report.gameday)}"
    yield f"**{escaped(said.score(report.score))}**"
    yield f"{_cut(said.standing(report))}<br>\n" + "<br>\n".join(
        _cut(sentence) for sentence in list(said.about(report))[:2]
    )


def _cut(text: str) -> str:
    return escaped(shortened(visible(text), LONGEST))


def _in_full(report: Report) -> Iterator[str]:
    yield from _in_short(report, is_short=False)
    if rows := list(text.timeline(report))[1:]:
        title = f"Timeline ({count(len(rows), 'entry', 'entries')})"
        yield f"<details><summary>{title}</summary>\n\n{fenced(map(_flush, rows))}\n\n</details>"


def _in_short(report: Report, *, is_short: bool = True) -> Iterator[str]:
    if report.expectations:
        yield _expectations(report.expectations)
    yield from _times(report)
    sections = {
        "Compared": list(text.comparison(report)),
        text.NOT_DONE: list(text.troubles(report)),
        "Pauses and gaps": list(text.interruptions(report)),
        "Cleanup": list(text.cleanup(report)),
    }
    for heading, lines in sections.items():
        if lines:
            title = _cut(lines[0].text) if heading == "Compared" else heading
            yield f"### {title}"
            yield fenced(map(_flush, lines[1:]))
    if is_short:
        yield SHORTENED


def _flush(each: Line) -> Line:
    """Return a line without its indent."""
    return replace(each, spans=each.spans[1:]) if each.spans and not each.spans[0].text.strip() else each


def _failures(report: Report) -> Iterator[str]:
    failed = [one for one in report.expectations if one.verdict is Verdict.FAILED]
    if failed:
        yield _expectations(failed[:MOST_FAILED])
    if len(failed) > MOST_FAILED:
        yield f"… and {count(len(failed) - MOST_FAILED, 'more expectation')} that failed."
    yield from _counts(report)


def _counts(report: Report) -> Iterator[str]:
    facts = {
        "expectations held": report.score.held,
        "failed": report.score.failed,
        "not observed": report.score.not_observed,
        "steps not done as written": len(report.troubles),
        "incidents": len(report.incidents),
        "left open": len(report.left_open),
    }
    yield "\n".join(["| | |", "|---|--:|", *(f"| {words} | {number:,} |" for words, number in facts.items())])
    yield SHORTENED


def _expectations(expected: Sequence[Expected]) -> str:
    rows = (
        (
            _verdict(one),
            clock(one.due),
            one.incident,
            said.expected(one),
            said.outcome(one),
        )
        for one in expected
    )
    return _table(("", "Due", "Incident", "Expected", "What came of it"), rows)


def _verdict(one: Expected) -> str:
    return f"{SIGNS[one.verdict]} {said.verdict(one)}"


def _times(report: Report) -> Iterator[str]:
    declared = [one for one in report.incidents if one.declared is not None]
    if not declared:
        return
    yield "### How long people took"
    yield _table(
        ("Incident", *(what.capitalize() for what in SPEEDS)),
        (
            (
                " ".join(filter(None, (one.reference, one.name, "(private)" if one.is_private else ""))),
                *(said.took(one, took, report) for took in one.times.values()),
            )
            for one in declared
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    told = [head, ["---"] * len(head)]
    lines = [f"| {' | '.join(row)} |" for row in told]
    return "\n".join([*lines, *(f"| {' | '.join(_cut(cell) for cell in row)} |" for row in rows)])
