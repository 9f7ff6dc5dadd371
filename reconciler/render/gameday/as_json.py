"""The report of a game day in, an object for programs out; the shape is `format_version` 1. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday.report import SPEEDS, Standing

if TYPE_CHECKING:
    from reconciler.gameday.comparing import Comparison, Difference
    from reconciler.gameday.report import Answered, Report
    from reconciler.gameday.timeline import Expected, Row
    from reconciler.render.as_json import Object

FORMAT_VERSION = 1


def report(report: Report) -> Object:
    """Return a report; times are in seconds of the run's clock, except `began` and `last`, which are Unix times."""
    if report.standing is Standing.NOTHING:
        return {"format_version": FORMAT_VERSION, "standing": report.standing.value}
    return {
        "format_version": FORMAT_VERSION,
        "run": report.run,
        "gameday": report.gameday,
        "title": report.title,
        "standing": report.standing.value,
        "why": report.why or None,
        "cleaned_up": report.is_over,
        "organisation": report.organisation,
        "hosts": list(report.hosts),
        "cast": report.cast or None,
        "speed": report.speed,
        "parameters": dict(report.parameters),
        "began": report.began,
        "last": report.last,
        "at": report.at,
        "end": report.end,
        "score": _score(report),
        "expectations": list(map(_expected, report.expectations)),
        "incidents": list(map(_incident, report.incidents)),
        "median": {_name(what): report.typical(what) for what in SPEEDS},
        "pauses": [{"at": one.at, "seconds": one.seconds, "why": one.why} for one in report.pauses],
        "gaps": [{"at": one.at, "until": one.until, "seconds": one.seconds, "why": one.why} for one in report.gaps],
        "timeline": list(map(_row, report.rows)),
        "comparison": _comparison(report.comparison) if report.comparison else None,
    }


def _name(words: str) -> str:
    return words.replace(" ", "_")


def _score(report: Report) -> Object:
    score = report.score
    told = {"held": score.held, "failed": score.failed, "not_observed": score.not_observed, "open": score.open}
    return told | {"share": score.share}


def _expected(one: Expected) -> Object:
    return {
        "id": one.step,
        "incident": one.incident,
        "text": one.text,
        "due": one.due,
        "within": one.within,
        "verdict": one.verdict.value if one.verdict else None,
        "took": one.took,
        "who": one.who or None,
        "detail": one.detail or None,
    }


def _incident(one: Answered) -> Object:
    return {
        "name": one.name,
        "title": None if one.is_private else one.title,
        "private": one.is_private,
        "reference": one.reference or None,
        "link": one.link or None,
        "declared": one.declared,
        **{_name(what): took for what, took in one.times.items()},
        "cleanup": {"outcome": one.cleanup, "detail": one.cleanup_detail or None} if one.cleanup else None,
    }


def _row(row: Row) -> Object:
    return {
        "at": row.at,
        "until": row.until or None,
        "what": row.what.value,
        "verb": row.verb,
        "incident": row.incident or None,
        "text": row.text or None,
        "who": row.who or None,
        "state": row.state or None,
        "detail": row.detail or None,
        "id": row.step or None,
    }


def _comparison(one: Comparison) -> Object:
    return {
        "run": one.run,
        "began": one.began,
        "same_script": one.is_same_script,
        "score": _difference(one.score) if one.score else None,
        "times": list(map(_difference, one.times)),
        "expectations": [
            {
                "id": turned.step,
                "incident": turned.incident,
                "earlier": turned.earlier.value if turned.earlier else None,
                "now": turned.now.value if turned.now else None,
                "turn": turned.turn.value if turned.turn else None,
            }
            for turned in one.turned
        ],
    }


def _difference(one: Difference) -> Object:
    told = {"what": _name(one.what), "incident": one.incident or None}
    return told | {"earlier": one.earlier, "now": one.now, "turn": one.turn.value}
