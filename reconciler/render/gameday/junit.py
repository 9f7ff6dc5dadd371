"""The report of a game day in, JUnit XML out, so that a CI run fails where people did not answer. Pure.

Each expectation is a test case; so are, as errors, a run that did not come to its end, each step that failed, and each
incident that cleanup left open. All of it is ASCII, so that it reads the same in whatever encoding a stream writes it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reconciler.gameday.events import State, Verdict
from reconciler.gameday.report import Standing
from reconciler.render.gameday import said
from reconciler.render.words import visible

if TYPE_CHECKING:
    from reconciler.gameday.report import Answered, Report
    from reconciler.gameday.timeline import Expected

NO_CHARACTER = 0xFFFE
"""The last two code points of each plane are no characters."""
ERRORS = frozenset({State.FAILED, State.BEGUN})


def suite(report: Report) -> str:
    """Return a document with one test suite, as Jenkins, GitLab and GitHub's actions read it."""
    suites = Element("testsuites", name="reconciler gameday")
    name = _plain(report.gameday) or "game day"
    one = SubElement(suites, "testsuite", name=name, id="0", package="gameday")
    if report.standing is Standing.NOTHING:
        _case(one, "run", name, 0.0, "error", said.NEVER_BEGUN)
    else:
        _told(one, report, name)
    _count(suites, one, report)
    indent(suites)
    told: bytes = tostring(suites, encoding="us-ascii", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{told.decode()}\n'


def _told(suite: Element, report: Report, name: str) -> None:
    properties = SubElement(suite, "properties")
    facts = {
        "run": report.run,
        "title": report.title,
        "standing": said.standing(report),
        "score": said.score(report.score),
    }
    for fact, value in facts.items():
        SubElement(properties, "property", name=fact, value=_plain(value))
    for each in report.expectations:
        _expected(suite, each, name)
    if report.standing is not Standing.PLAYED:
        _case(suite, f"run {report.run}", name, 0.0, "error", said.standing(report))
    for row in report.troubles:
        if row.state in ERRORS:
            told = row.detail or ("it is not known how far it came" if row.state == State.BEGUN else "failed")
            _case(suite, f"step {row.step}: {row.text}", _of(name, row.incident), 0.0, "error", told)
    for left in report.left_open if report.is_finished else ():
        _left_open(suite, left, name)


def _expected(suite: Element, one: Expected, name: str) -> None:
    title, of = f"{one.step}: {one.text}", _of(name, one.incident)
    if one.verdict is Verdict.HELD:
        _case(suite, title, of, one.took or 0.0)
    elif one.verdict is Verdict.FAILED:
        waited = one.took if one.took is not None else min(max((one.known or one.due) - one.due, 0.0), one.within)
        _case(suite, title, of, waited, "failure", said.outcome(one) or f"not within {said.span(one.within)}")
    else:
        _case(suite, title, of, 0.0, "skipped", one.detail or ("not observed" if one.verdict else "not judged yet"))


def _left_open(suite: Element, one: Answered, name: str) -> None:
    told = one.cleanup_detail or said.NO_CLEANUP
    _case(suite, f"cleanup of {one.reference or one.name}", _of(name, one.name), 0.0, "error", told)


def _of(name: str, incident: str) -> str:
    return f"{name}.{_plain(incident)}" if incident else name


def _case(suite: Element, name: str, of: str, seconds: float, became: str = "", why: str = "") -> None:
    case = SubElement(suite, "testcase", name=_plain(name), classname=of, time=f"{seconds:.3f}")
    if not became:
        return
    told = SubElement(case, became, message=_plain(why))
    if became != "skipped":
        told.set("type", "expectation" if became == "failure" else "step")
        told.text = _plain(why)


def _count(suites: Element, suite: Element, report: Report) -> None:
    cases = suite.findall("testcase")
    seconds = sum(float(case.get("time", "0")) for case in cases)
    totals = {"tests": len(cases), "failures": len(suite.findall("testcase/failure"))}
    totals["errors"] = len(suite.findall("testcase/error"))
    skipped = len(suite.findall("testcase/skipped"))
    for element in (suites, suite):
        for name, value in totals.items():
            element.set(name, str(value))
        element.set("time", f"{seconds:.3f}")
    suite.set("skipped", str(skipped))
    try:
        moment = datetime.fromtimestamp(report.began, UTC)
    except (ValueError, OverflowError, OSError):
        return
    suite.set("timestamp", f"{moment:%Y-%m-%dT%H:%M:%S}")


def _plain(text: str) -> str:
    """Return a text without what XML forbids: `visible` has escapes for control characters, and here go the rest."""
    return "".join(one for one in visible(text) if ord(one) & NO_CHARACTER != NO_CHARACTER)
