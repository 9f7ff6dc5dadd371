"""How runs stand in, a page for a terminal and objects for programs out. Pure."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from reconciler.gameday.spans import clock, written
from reconciler.gameday.status import Standing
from reconciler.render.page import BLANK, Line, Span, line
from reconciler.render.words import count, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.gameday.status import Awaiting, Incident, Status

STYLES = {
    Standing.RUNNING: "green",
    Standing.PAUSED: "yellow",
    Standing.LEFT: "yellow",
    Standing.UNCLEAN: "bold red",
    Standing.OVER: "",
    Standing.BROKEN: "bold red",
}
MOST = 20
"""Incidents that are shown."""


def page(status: Status) -> list[Line]:
    """Return how a run stands: its clock, what comes next, its incidents, what is expected."""
    host = f", hosted by {visible(status.host)}" if status.host else ""
    why = f": {visible(status.why)}" if status.why else ""
    if not status.gameday:
        told = line(Span(f"{status.standing}{why}", STYLES[status.standing]), host)
        return [line(Span(f"Run {visible(status.run)}", "bold")), told, *_incidents(status.incidents)]
    speed = f", {status.speed:g} times as fast" if status.speed != 1 else ""
    return [
        line(Span(visible(f"{status.gameday}: {status.title}"), "bold")),
        line(f"Run {visible(status.run)}, begun {moment(status.began)}"),
        line(Span(f"{status.standing}{why}", STYLES[status.standing]), host),
        line(f"{clock(status.at)} of {clock(status.end)}{speed}; {_steps(status)}"),
        *([line(Span(visible(f"the account cannot be read: {status.away}"), "yellow"))] if status.away else []),
        *_next(status),
        *_incidents(status.incidents),
        *_expectations(status),
    ]


def as_object(status: Status) -> dict[str, Any]:
    """Return the same for programs; times are seconds of script time, `began` is UTC."""
    told = asdict(status)
    names = {"held": status.held, "failed": status.unheld, "not_observed": status.not_observed}
    for name in ("held", "unheld", "not_observed", "done", "missed", "failed", "steps"):
        del told[name]
    steps = {"total": status.steps, "done": status.done, "missed": status.missed, "failed": status.failed}
    return {
        "format_version": 1,
        **told,
        "standing": str(status.standing),
        "began": f"{datetime.fromtimestamp(status.began, UTC):%Y-%m-%dT%H:%M:%SZ}" if status.began else None,
        "steps": steps,
        "expectations": {**names, "open": len(status.awaited)},
        "upcoming": _waiting(status.upcoming) if status.upcoming else None,
        "awaited": [_waiting(one) for one in status.awaited],
    }


def table(several: Sequence[Status]) -> list[Line]:
    """Return runs, a line each: the name, how it stands, the score, when it began."""
    rows = [
        (visible(one.run), str(one.standing), score(one), moment(one.began) if one.began else "-") for one in several
    ]
    widths = [max((cell_len(row[at]) for row in rows), default=0) + 2 for at in range(3)]
    return [
        line(
            Span(_column(run, widths[0]), "bold"),
            Span(_column(standing, widths[1]), STYLES[Standing(standing)]),
            _column(held, widths[2]),
            began,
        )
        for run, standing, held, began in rows
    ]


def score(status: Status) -> str:
    """Return how many expectations held, of those that count."""
    counted = status.held + status.unheld
    return f"{status.held:,} of {counted:,} held" if counted else "-"


def moment(unix: float) -> str:
    """Return a Unix time as people read it, in UTC."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M} UTC"


def _steps(status: Status) -> str:
    parts = [f"{status.done:,} of {count(status.steps, 'step')} done"]
    parts += [f"{status.missed:,} missed"] if status.missed else []
    parts += [f"{status.failed:,} failed"] if status.failed else []
    return ", ".join(parts)


def _next(status: Status) -> Iterator[Line]:
    if status.upcoming:
        yield line(f"next in {written(round(status.upcoming.seconds))}: ", visible(status.upcoming.step.text))


def _incidents(incidents: Iterable[Incident]) -> Iterator[Line]:
    known = [one for one in incidents if one.state != "to come"]
    if not known:
        return
    yield from (BLANK, line(Span("Incidents", "bold")))
    widths = [
        max(cell_len(visible(text)) for text in texts) + 2
        for texts in zip(*((one.reference, one.name, one.state) for one in known[:MOST]), strict=True)
    ]
    for one in known[:MOST]:
        columns = (
            _column(visible(text), width)
            for text, width in zip((one.reference, one.name, one.state), widths, strict=True)
        )
        yield line("  ", "".join(columns), visible(one.title))
    if len(known) > MOST:
        yield line(f"  and {len(known) - MOST:,} more")


def _expectations(status: Status) -> Iterator[Line]:
    if not (status.awaited or status.held or status.unheld or status.not_observed):
        return
    told = f"{status.held:,} held, {status.unheld:,} failed, {len(status.awaited):,} open"
    told += f", {status.not_observed:,} not observed" if status.not_observed else ""
    yield from (BLANK, line(Span("Expectations", "bold"), f"  {told}"))
    for one in status.awaited:
        yield line(f"  {clock(one.seconds)} left  ", visible(one.step.text.removeprefix("expect ")))


def _column(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _waiting(one: Awaiting) -> dict[str, Any]:
    return {"step": one.step.id, "text": one.step.text, "incident": one.step.incident, "seconds": one.seconds}
