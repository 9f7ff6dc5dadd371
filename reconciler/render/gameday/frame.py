"""A run at one moment in, the rows of a screen out: clock, next step, incidents, expectations, what happened. Pure."""

from __future__ import annotations

from enum import Enum, auto
from math import ceil
from typing import TYPE_CHECKING

from rich.cells import cell_len

from reconciler.gameday.events import State
from reconciler.gameday.spans import clock
from reconciler.render.gameday import digits, panels
from reconciler.render.gameday.events import GOOD, QUIET
from reconciler.render.page import Span
from reconciler.render.words import count, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.gameday.hosting import Now
    from reconciler.render.gameday.panels import Row, View

KEYS = (
    ("p", "pause", "pause"), ("s", "skip", "skip"), ("+", "add a minute", "1m"), ("q", "abort", "end"),
    ("l", "leave", "leave"),
)  # fmt: skip
"""Keys, and what they do: in words, and in as few letters as a narrow screen has room for."""


def frame(view: View, width: int, height: int) -> list[Row]:
    """Return exactly `height` rows of at most `width` columns."""
    head = _head(view, width)
    sections = [panels.incidents(view), panels.expectations(view), panels.lately(view)]
    is_roomy = height >= ROOMY
    fixed = len(head) + 1 + len(sections) * (2 if is_roomy else 1) + is_roomy
    shares = _shared(max(height - fixed, 0), [len(rows) for _, rows in sections])
    body: list[Row] = []
    for (title, rows), share in zip(sections, shares, strict=True):
        body += [(), title] if is_roomy else [title]
        # What happened last stands at the end; of the others the first are the ones that count.
        body += _fitted(rows, share, width, is_log=title is sections[-1][0])
    rows = [*head, *body][: height - 1]
    rows += [()] * (height - 1 - len(rows))
    return [_cut(row, width) for row in (*rows, _foot(view, width))][-height:]


class Room(Enum):
    """How much the keys say of themselves."""

    WIDE = auto()
    TIGHT = auto()
    BARE = auto()


ROOMY = 20
"""Rows from which on sections stand apart."""


def _shared(rows: int, wanted: Sequence[int]) -> list[int]:
    """Return how many rows each section gets: by turns, until nobody wants more or nothing is left."""
    got = [0] * len(wanted)
    while rows and any(one < most for one, most in zip(got, wanted, strict=True)):
        for number, most in enumerate(wanted):
            if rows and got[number] < most:
                got[number] += 1
                rows -= 1
    return got


def _fitted(rows: Sequence[Row], share: int, width: int, *, is_log: bool) -> list[Row]:
    if is_log:
        return list(rows[-share:]) if share else []
    if len(rows) <= share or not share:
        return list(rows[:share])
    more = f"  and {len(rows) - share + 1:,} more"
    return [*rows[: share - 1], (Span(more[:width], QUIET),)]


def _head(view: View, width: int) -> list[Row]:
    """Return the clock, and beside it the title, how far the run is, and what comes next."""
    now, begun = view.now, view.story.begun
    title = visible(begun.title) if begun else ""
    if now is None:
        return [(Span(f" {title}", "bold"),), (Span(" getting ready", QUIET),), ()]
    figures = _figures(now.at, is_plain=view.is_plain)
    room = width - cell_len(figures[0]) - 5
    beside = [_spread(Span(title, "bold"), _state(view, now), room), _progress(view, now, room), _next(view, now)]
    style = "bold yellow" if now.is_paused or now.held else "bold"
    return [(Span(f" {figure}   ", style), *row) for figure, row in zip(figures, beside, strict=True)]


def _figures(at: float, *, is_plain: bool) -> list[str]:
    text = clock(at)
    return [text, " " * len(text), " " * len(text)] if is_plain else digits.rows(text)


def _spread(left: Span, right: Span, width: int) -> Row:
    """Return a row with something at each of its ends."""
    text = shortened(left.text, max(width - cell_len(right.text) - 2, 0))
    gap = max(width - cell_len(text) - cell_len(right.text), 1)
    return (Span(text, left.style), Span(" " * gap), right)


def _state(view: View, now: Now) -> Span:
    if view.story.is_over:
        return Span("over", "bold")
    if view.is_behind:
        return Span("cleaning up: the API is away" if view.story.away else "cleaning up", "bold yellow")
    if now.is_paused:
        return Span(" PAUSED ", "bold reverse yellow")
    if view.story.away:
        return Span("the API is away", "bold yellow")
    if now.held:
        return Span(f" HELD {clock(ceil(now.held))} ", "bold reverse yellow")
    return Span("running" if now.speed == 1 else f"running at speed {now.speed:g}", GOOD)


def _progress(view: View, now: Now, width: int) -> Row:
    total = len(view.story.begun.steps) if view.story.begun else 0
    done = sum(told.state is not State.BEGUN for told in view.story.steps.values())
    told = f"  of {clock(now.end)}, {done} of {count(total, 'step')}"
    share = min(now.at / now.end, 1.0) if now.end else 1.0
    return (*panels.meter(share, max(width - cell_len(told), 0), is_plain=view.is_plain), Span(told, QUIET))


def _next(view: View, now: Now) -> Row:
    if view.is_behind:
        return ()
    if now.is_paused:
        then = f"  then {visible(now.upcoming.text)}" if now.upcoming else ""
        return (Span(visible(now.why) or "the clock stands", "bold yellow"), Span(then, QUIET))
    if now.upcoming is None:
        return (Span("no more steps", QUIET),)
    seconds = max(now.upcoming.seconds, 0.0) + now.held
    style = "bold cyan" if seconds < panels.SOON else "cyan"
    return (Span(f"in {clock(seconds)}  ", style), Span(visible(now.upcoming.text)))


def _foot(view: View, width: int) -> Row:
    if view.question:
        return (Span(f" {_question(view.question, width - 1)}", "bold reverse yellow"),)
    if view.is_behind:
        return (Span(" Ctrl-C leaves it as it is" if not view.story.is_over else "", QUIET),)
    if not view.has_keys:
        return (Span(" Ctrl-C ends the run and closes its incidents", QUIET),)
    is_paused = bool(view.now and view.now.is_paused)
    wide, tight, bare = (_keys(room, is_paused=is_paused) for room in Room)
    return next((row for row in (wide, tight) if _width(row) <= width), bare)


def _question(text: str, width: int) -> str:
    """Return a question that does not fit without its end, but with what answers it."""
    asked, _, answers = text.rpartition(" ")
    return text if cell_len(text) <= width else f"{shortened(asked, max(width - cell_len(answers) - 1, 0))} {answers}"


def _keys(room: Room, *, is_paused: bool) -> Row:
    row = [Span(" ")]
    for key, wide, tight in KEYS:
        does = "go on" if is_paused and key == "p" else (wide if room is Room.WIDE else tight)
        told = {Room.WIDE: f" {does}  ", Room.TIGHT: f"{does} ", Room.BARE: " "}[room]
        row += [Span(f" {key} ", "reverse"), Span(told)]
    return tuple(row)


def _width(row: Row) -> int:
    return cell_len("".join(span.text for span in row).rstrip())


def _cut(row: Row, width: int) -> Row:
    """Return a row without what does not fit."""
    kept: list[Span] = []
    for span in row:
        room = width - sum(cell_len(one.text) for one in kept)
        if room <= 0:
            break
        kept.append(Span(shortened(span.text, room), span.style) if cell_len(span.text) > room else span)
    return tuple(kept)
