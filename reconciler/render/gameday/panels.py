"""A run at one moment in, its incidents, expectations and events as rows under a heading out. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from reconciler.gameday.events import Planned, Verdict
from reconciler.gameday.spans import clock
from reconciler.gameday.story import Story
from reconciler.render.gameday.events import BAD, GOOD, ODD, QUIET, expected
from reconciler.render.page import Line, Span
from reconciler.render.words import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.gameday.hosting import Awaited, Now, Shown

Row = tuple[Span, ...]

BAR = 10
"""Columns that show how much of a window is left."""
SOON = 60.0
"""Seconds of script time from which on a countdown warns."""
LONGEST_NAME = 28
CLOSED = "Closed"
"""What most organisations call it; such an incident stands behind the others."""


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows: how the run stands, what happened lately (with its time), and what the host is asked."""

    now: Now | None = None
    story: Story = field(default_factory=Story)
    log: Sequence[tuple[float, Line]] = ()
    question: str = ""
    has_keys: bool = True
    is_plain: bool = False
    """Whether the terminal knows no more than ASCII."""

    @property
    def is_behind(self) -> bool:
        """Tell whether nothing of the script is ahead, and what is open is being closed."""
        return self.story.is_ended or self.story.is_aborted or self.story.is_over

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """Return what people are still waited for: what was told since may have a verdict already."""
        shown = self.now.awaited if self.now and not self.is_behind else ()
        return tuple(one for one in shown if one.step not in self.story.verdicts)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Return the incidents as they were last seen, those that cleanup has closed as closed."""
        cleaned, shown = self.story.cleaned, self.now.incidents if self.now else ()
        closed = {name for name, one in cleaned.items() if one.outcome in {"closed", "already"}}
        return tuple(replace(one, status=CLOSED) if one.name in closed else one for one in shown)


def meter(share: float, width: int, style: str = "green", *, is_plain: bool = False) -> Row:
    """Return a row of `width` columns that shows a share."""
    full = round(share * width)
    done, left = ("=", "-") if is_plain else ("━", "━")
    return (Span(done * full, style), Span(left * (width - full), "bright_black"))


def _heading(title: str, *told: Span) -> Row:
    return (Span(f" {title}", "bold"), *(piece for one in told for piece in (Span("  "), one)))


def incidents(view: View) -> tuple[Row, list[Row]]:
    """Return the incidents as they were last seen: those first of which something is expected, closed ones last."""
    shown = view.shown
    statuses = Counter(one.status for one in shown if one.status)
    counts = [Span(f"{number} {visible(status)}", QUIET) for status, number in statuses.most_common()]
    if not shown:
        return _heading("Incidents", Span("none yet", QUIET)), []
    widths = _widths(shown)
    ordered = sorted(shown, key=_importance(view))
    return _heading("Incidents", *counts), [_incident(one, widths) for one in ordered]


def _importance(view: View) -> Callable[[Shown], tuple[bool, bool, int]]:
    """Return what incidents are ordered by: closed ones last, then what people should do, then the script."""
    begun, awaited = view.story.begun, view.awaited
    steps = {one.id: one.incident for one in begun.steps} if begun else {}
    wanted = {steps.get(one.step) for one in awaited if not one.never}
    places = {name: place for place, name in enumerate(begun.incidents)} if begun else {}
    return lambda one: (one.status == CLOSED, one.name not in wanted, places.get(one.name, len(places)))


def _widths(shown: Sequence[Shown]) -> tuple[int, int, int, int]:
    def widest(texts: list[str], most: int) -> int:
        return min(max(map(cell_len, texts), default=0), most) + 2

    return (
        widest([one.reference for one in shown], 10),
        widest([one.name for one in shown], LONGEST_NAME),
        widest([one.status for one in shown], 16),
        widest([one.severity for one in shown], 14),
    )


def _incident(one: Shown, widths: tuple[int, int, int, int]) -> Row:
    reference, name, status, severity = widths
    return (
        Span(f"  {_column(one.reference, reference)}", "cyan"),
        Span(_column(one.name, name), "bold"),
        Span(_column(one.status, status)),
        Span(_column(one.severity, severity)),
        Span(visible(one.title), QUIET),
    )


def _column(text: str, width: int) -> str:
    kept = shortened(visible(text), width - 2)
    return kept + " " * (width - cell_len(kept))


def expectations(view: View) -> tuple[Row, list[Row]]:
    """Return the expectations whose windows are open: first what people should do, and of that what ends soonest."""
    awaited = view.awaited
    verdicts = Counter(one.verdict for one in view.story.verdicts.values())
    open_now = len(awaited)
    told = [
        Span(f"{verdicts[Verdict.HELD]} held", GOOD if verdicts[Verdict.HELD] else QUIET),
        Span(f"{verdicts[Verdict.FAILED]} failed", BAD if verdicts[Verdict.FAILED] else QUIET),
        *([Span(f"{number} not observed", ODD)] if (number := verdicts[Verdict.NOT_OBSERVED]) else []),
        Span(f"{open_now} open", "cyan" if open_now else QUIET),
    ]
    windows = {one.id: one.within for one in view.story.begun.steps} if view.story.begun else {}
    soonest = sorted(awaited, key=lambda one: (one.never, one.seconds))
    rows = [_awaited(one, windows.get(one.step, 0.0), view) for one in soonest]
    return _heading("Expectations", *told), rows


def _awaited(one: Awaited, window: float, view: View) -> Row:
    left = min(max(one.seconds, 0.0) / window, 1.0) if window else 0.0
    warns = one.seconds < SOON and not one.never
    style = "bold red" if warns else "cyan"
    bar = meter(left, BAR, "red" if warns else "cyan", is_plain=view.is_plain)
    text = visible(expected(Planned(one.step, 0.0, "expect", "", one.text, window)))
    return (Span("  "), Span(f"{clock(one.seconds):>5}  ", style), *bar, Span(f"  {text}"))


def lately(view: View) -> tuple[Row, list[Row]]:
    """Return what happened, the last at the end."""
    rows = [(Span(f"  {clock(at):>5}  ", QUIET), *row.spans) for at, row in view.log]
    return _heading("Lately"), rows
