"""Facts of a report in, the words that every form of it says out. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.gameday.comparing import Turn
from reconciler.gameday.events import State
from reconciler.gameday.report import Standing
from reconciler.gameday.spans import clock, written
from reconciler.gameday.timeline import What
from reconciler.render.words import address, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.comparing import Comparison, Difference, Turned
    from reconciler.gameday.report import Answered, Report, Score
    from reconciler.gameday.timeline import Expected, Gap, Row, Stood

NEVER_BEGUN = "The run was never begun: there is nothing to report."
NOT_YET = "not yet"
NEVER = "never"
SHORT = 10.0
"""Seconds below which tenths are told."""
LATE = 2.0
"""Seconds by which a step is worth being called late."""
NO_CLEANUP = "cleanup did not come to it"
OUTCOMES = {"already": "already closed", "failed": "left open"}


def moment(unix: float) -> str:
    """Return a time of the account's clock, in UTC."""
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def span(seconds: float) -> str:
    """Return a time that something took, to the second; in tenths where it is less than ten."""
    return written(round(seconds, 1) if abs(seconds) < SHORT else float(round(seconds)))


def standing(report: Report) -> str:
    """Return how the run stands, in a sentence."""
    # A host that was killed could not say so: the journal does not tell whether anybody runs it.
    told = "not ended yet," if report.standing is Standing.UNDER_WAY else report.standing.value
    if report.standing in {Standing.ABORTED, Standing.LEFT} and report.why:
        told = (
            f"{told} ({report.why})"
            if report.standing is Standing.ABORTED
            else f"left ({report.why}); it may be resumed"
        )
    is_played = report.standing is Standing.PLAYED
    told += f", {clock(report.end)}" if is_played else f" at {clock(report.at)} of {clock(report.end)}"
    if report.is_over:
        told += ", cleaned up"
    elif report.is_finished:
        told += ", cleanup unfinished"
    return told[:1].upper() + told[1:]


def about(report: Report) -> Iterator[str]:
    """Yield what the run was: where, when, by whom, how fast, with which parameters."""
    where = f" on {address(report.organisation)}" if report.organisation else ""
    yield f"Run {report.run}{where}, begun {moment(report.began)}"
    parts = [f"hosted by {', '.join(report.hosts)}"] if report.hosts else []
    parts += [f"speed {report.speed:g}"] if report.speed != 1 else []
    parts += [f"simulated people: {report.cast}"] if report.cast else []
    parts += [f"{name} = {value}" for name, value in report.parameters.items()]
    if parts:
        told = "; ".join(parts)
        yield told[:1].upper() + told[1:]


def percent(share: float) -> str:
    """Return a share of 1 in percent; 100 only where it is all of it, 0 where it is nothing."""
    if 0 < share < 1:
        return f"{min(max(round(share * 100), 1), 99)}%"
    return f"{share:.0%}"


def score(score: Score, *, has_share: bool = True) -> str:
    """Return the score in a line: held of those that count, then what counts neither way."""
    if score.share is not None:
        share = f" ({percent(score.share)})" if has_share else ""
        told = f"{score.held:,} of {count(score.counted, 'expectation')} held{share}"
    elif score.not_observed or score.open:
        told = "no expectation counts"
    else:
        return "no expectations"
    parts = [told]
    parts += [f"{score.not_observed:,} not observed"] if score.not_observed else []
    parts += [f"{score.open:,} still open"] if score.open else []
    return ", ".join(parts)


def verdict(one: Expected) -> str:
    """Return what came of an expectation, in a word or two."""
    return one.verdict.value if one.verdict else "open"


def outcome(one: Expected) -> str:
    """Return what there is to say about a verdict: how long it took, who did it, why."""
    return _outcome(one.took, one.who, one.detail)


def _outcome(took: float | None, who: str, detail: str) -> str:
    after = f"after {span(took)}" if took is not None else ""
    by = f"by {who}" if who else ""
    return ": ".join(filter(None, (f"{after} {by}".strip(), detail)))


def expected(one: Expected | Turned) -> str:
    """Return what was expected, where it is told beside its incident."""
    return without(one.text, one.incident).removeprefix("expect ")


def without(text: str, incident: str) -> str:
    """Return what a step does, without the incident that it is told beside."""
    for tail in (f" on {incident}", f" of {incident}", f" {incident}"):
        if incident and text.endswith(tail):
            return text.removesuffix(tail)
    return text


def took(one: Answered, seconds: float | None, report: Report) -> str:
    """Return how long people took; a dash where nothing was declared."""
    if seconds is not None:
        return span(seconds)
    if one.declared is None:
        return "-"
    return NEVER if report.is_finished else NOT_YET


def stood(one: Stood) -> str:
    """Return for how long the clock stood."""
    return f"the clock stood for {span(one.seconds)}" if one.seconds is not None else "the clock stands"


def gap(one: Gap) -> str:
    """Return for how long nobody ran it."""
    return f"nobody ran it for {span(one.seconds)}, to {clock(one.until)}: {one.why}"


def trouble(row: Row) -> str:
    """Return which step was not simply done, and why."""
    why = row.detail or ("it is not known how far it came" if row.state == State.BEGUN else "")
    return f"{clock(row.due)} {row.text or row.verb}: {row.state}{f': {why}' if why else ''}"


def cleaned(one: Answered) -> str:
    """Return what cleanup did with an incident."""
    return OUTCOMES.get(one.cleanup, one.cleanup)


def came(row: Row) -> str:
    """Return what there is to say about what came of a row, besides its state."""
    if row.what is What.EXPECTATION:
        return _outcome(row.lasted, row.who, row.detail)
    lasted = ""
    if row.what is What.RUN and row.lasted is not None:
        lasted = f"for {span(row.lasted)}"
    return "; ".join(filter(None, (lasted, row.detail, late(row))))


def late(row: Row) -> str:
    """Return how late a step was done, where that is worth a word."""
    by = row.at - row.due
    return f"{span(by)} late" if row.what is What.STEP and row.state == State.DONE and by >= LATE else ""


def happened(row: Row) -> str:
    """Return what a row tells, with what was done before what it says."""
    if row.text.startswith(row.verb):
        return row.text
    return f"{row.verb.replace('_', '-')}: {row.text}" if row.text else row.verb.replace("_", "-")


def compared(one: Difference) -> str:
    """Return a measure beside that of an earlier run."""
    if one.what == "score":
        assert one.earlier is not None
        assert one.now is not None
        return f"{percent(one.earlier)} then, {percent(one.now)} now: {one.turn.value}"
    now = span(one.now) if one.now is not None else NEVER
    return f"{then(one)} then, {now} now: {turn(one)}"


def then(one: Difference) -> str:
    """Return what a measure was in the earlier run."""
    if one.earlier is None:
        return NEVER
    return percent(one.earlier) if one.what == "score" else span(one.earlier)


def turn(one: Difference) -> str:
    """Return what became of a measure, and by how much."""
    is_told = one.earlier is not None and one.now is not None and one.turn is not Turn.SAME and one.what != "score"
    by = f" by {span(abs((one.now or 0) - (one.earlier or 0)))}" if is_told else ""
    return f"{one.turn.value}{by}"


def turned(one: Turned) -> str:
    """Return what came of an expectation beside what came of it in the earlier run."""
    then, now = (each.value if each else "open" for each in (one.earlier, one.now))
    return f"{one.incident}: {expected(one)}: {then} then, {now} now{f': {one.turn.value}' if one.turn else ''}"


def versus(comparison: Comparison) -> str:
    """Return which run this one is compared with."""
    told = f"Compared with {comparison.run}, begun {moment(comparison.began)}"
    return told if comparison.is_same_script else f"{told}; the script or its parameters were changed in between"
