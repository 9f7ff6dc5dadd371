"""The report of a game day in; where everything stands in the picture of its timeline out. Pure.

One axis of the run's clock, from its start (0) to its end (100); a lane for the run and one for each incident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.gameday.events import State, Verdict
from reconciler.gameday.spans import clock
from reconciler.gameday.timeline import What
from reconciler.render.gameday import said
from reconciler.render.gameday.labels import Label, Mark, labelled
from reconciler.render.words import count, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from reconciler.gameday.report import Answered, Report
    from reconciler.gameday.timeline import Expected, Row

MOST_ROOMY = 12
"""Incidents that get rows of their own for what the script and what people did; more share one, without labels."""
MOST_TICKS = 8
NEAREST = 3.0
"""Hundredths of the axis by which marks are apart at the least; what is nearer is one mark with a count."""
MOST_TITLES = 4
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
OPEN_ENDS = 1.25
"""By how much of the script's length the axis may be longer than it, for what happened after its end."""
BARS = {Verdict.HELD: "held", Verdict.FAILED: "failed", Verdict.NOT_OBSERVED: "unseen", None: "open"}
BAD = frozenset({State.FAILED, State.BEGUN})


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the axis; `is_minor` are told only where there is room."""

    x: float
    text: str
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The window of an expectation, and the part of it until its verdict fell."""

    x: float
    width: float
    reached: float
    kind: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class Track:
    """Marks in one row; where the script and people share it, those of people are `below`."""

    name: str
    marks: tuple[Mark, ...]
    below: tuple[Mark, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """All about one incident, or about the run itself (None)."""

    incident: Answered | None
    tracks: tuple[Track, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A time in which nobody ran it."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The timeline as a picture."""

    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    gaps: tuple[Band, ...]
    stop: float | None
    """Where a run ended, or is, whose script goes on."""
    is_roomy: bool


def of(report: Report) -> Picture:
    """Return the picture of a report."""
    end = _end(report)
    is_roomy = len(report.incidents) <= MOST_ROOMY
    by_incident: dict[str, list[Row]] = {}
    seen = {row.incident for row in report.rows if row.what is What.PERSON}
    for row in report.rows:
        if _is_marked(row, seen):
            by_incident.setdefault(row.incident, []).append(row)
    bars: dict[str, list[Bar]] = {}
    for one in report.expectations:
        bars.setdefault(one.incident, []).append(_bar(one, end, report))
    lanes = [Lane(None, tuple(_tracks(by_incident.get("", []), end, is_roomy=True)), ())]
    for incident in report.incidents:
        tracks = _tracks(by_incident.get(incident.name, []), end, is_roomy=is_roomy)
        lanes.append(Lane(incident, tuple(tracks), tuple(bars.get(incident.name, ()))))
    gaps = (Band(_x(gap.at, end), _x(gap.until, end) - _x(gap.at, end)) for gap in report.gaps)
    stop = _x(report.at, end) if report.at < _script(report) else None
    shown = (lane for lane in lanes if lane.tracks or lane.bars)
    return Picture(tuple(_ticks(end)), tuple(shown), tuple(gap for gap in gaps if gap.width > 0), stop, is_roomy)


def _is_marked(row: Row, seen: Collection[str]) -> bool:
    """Return whether a row is a mark: expectations are bars, gaps bands, and cleanup that did nothing is neither.

    What simulated people did is not either where people were `seen`: it was seen with the rest.
    """
    if row.what is What.SIMULATED and row.state == State.DONE:
        return row.incident not in seen
    if row.what is What.CLEANUP:
        return row.state not in {"already", "never declared"}
    return row.what is not What.EXPECTATION and row.verb != "nobody ran it"


def _end(report: Report) -> float:
    last = max((max(row.at, row.until) for row in report.rows), default=0.0)
    script = _script(report)
    return min(max(last, script), script * OPEN_ENDS)


def _script(report: Report) -> float:
    """Return when the whole script would be over, also of a run that was to end earlier."""
    windows = (one.due + one.within for one in report.expectations)
    return max(report.end, 1.0, *windows, *(row.due for row in report.rows))


def _x(at: float, end: float) -> float:
    return round(min(max(at / end, 0.0), 1.0) * 100, 2)


def _ticks(end: float) -> Iterator[Tick]:
    step = next((step for step in STEPS if end / step <= MOST_TICKS), None) or end / MOST_TICKS
    for number in range(int(end / step) + 1):
        yield Tick(_x(number * step, end), clock(number * step), number % 2 == 1)


def _bar(one: Expected, end: float, report: Report) -> Bar:
    """Return the bar of an expectation: its window, and how much of it had passed when it was judged, not more."""
    last = one.due + one.within
    match one.verdict:
        case Verdict.HELD:
            reached = one.due + (one.took if one.took is not None else one.within)
        case Verdict.FAILED:
            reached = one.due + (one.took if one.took is not None else one.within)
        case Verdict.NOT_OBSERVED:
            reached = one.due
        case _:
            reached = max(report.at, one.due)
    x = _x(one.due, end)
    return Bar(x, round(_x(last, end) - x, 2), round(_x(min(reached, last), end) - x, 2), BARS[one.verdict], one)


def _tracks(rows: Sequence[Row], end: float, *, is_roomy: bool) -> Iterator[Track]:
    """Yield the row of the script and that of people, as far as there is anything in them."""
    people = {What.PERSON, What.SIMULATED}
    script = tuple(_marks([row for row in rows if row.what not in people], end))
    answers = tuple(_marks([row for row in rows if row.what in people], end))
    if is_roomy:
        yield from (
            Track(name, marks, (), tuple(labelled(marks)))
            for name, marks in (("Script", script), ("People", answers))
            if marks
        )
    elif script or answers:
        yield Track("", script, answers)


def _marks(rows: Iterable[Row], end: float) -> Iterator[Mark]:
    """Yield a mark for each row, and one for those that would cover each other."""
    near: list[Row] = []
    for row in rows:
        if near and _x(row.at, end) - _x(near[0].at, end) >= NEAREST:
            yield _mark(near, end)
            near = []
        near.append(row)
    if near:
        yield _mark(near, end)


def _mark(rows: Sequence[Row], end: float) -> Mark:
    kinds = [_kind(row) for row in rows]
    kind = next(kind for kind in ("bad", "undone", "simulated", "person", "run", "step") if kind in kinds)
    if kind == "simulated" and "person" in kinds:
        kind = "person"
    titles = [shortened(visible(_title(row)), 100) for row in rows[:MOST_TITLES]]
    more = [f"and {count(len(rows) - MOST_TITLES, 'more')}"[:-1]] if len(rows) > MOST_TITLES + 1 else []
    names = _names(rows[0])
    if len(rows) > 1:
        names = (f"{names[-1]} +{len(rows) - 1}",)
    return Mark(_x(rows[0].at, end), kind, len(rows), "\n".join([*titles, *more]), names)


def _kind(row: Row) -> str:
    match row.what:
        case What.PERSON:
            return "person"
        case What.SIMULATED:
            return "bad" if row.state == State.FAILED else "simulated"
        case What.RUN:
            return "bad" if row.verb == "aborted" else "run"
        case What.CLEANUP:
            return "bad" if row.state == "failed" else "run"
        case _ if row.state in BAD:
            return "bad"
        case _:
            return "step" if row.state == State.DONE else "undone"


def _title(row: Row) -> str:
    who = f"{row.who}: " if row.who else ""
    state = f" ({row.state})" if row.state and row.state != State.DONE else ""
    return f"{clock(row.at)} {who}{said.happened(row)}{state}"


def _names(row: Row) -> tuple[str, ...]:
    """Return what may stand beside a mark, the longest first."""
    verb = visible(row.verb.replace("_", "-"))
    if row.what in {What.PERSON, What.SIMULATED}:
        first = (visible(row.who).split() or ["somebody"])[0].split("@")[0]
        return (shortened(f"{first}: {verb}", 26),)
    if row.what is What.CLEANUP:
        return ("cleanup",)
    told = said.without(said.happened(row), row.incident).removeprefix(f"{row.verb}: ")
    told = told.replace(f"{row.verb} {row.incident}: ", f"{row.verb}: ", 1) if row.incident else told
    return (shortened(visible(told), 26), shortened(verb, 12))
