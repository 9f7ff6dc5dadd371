"""Outcomes in as they happen, progress and the closing summary out."""

from __future__ import annotations

from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Protocol, TextIO

from reconciler.model import Cause, Done, Edit, Failed, Skipped, Unknown, step
from reconciler.render.block import place
from reconciler.render.page import BLANK, Line, Span, line
from reconciler.render.words import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Change, Outcome

PAST = {
    "create": "created",
    "edit": "edited",
    "post": "posted",
    "adopt": "adopted",
    "make room for": "moved",
    "forget": "forgot",
    "delete": "deleted",
}
STYLES = {"failed": "red", "unknown": "bold red", "skipped": "yellow"}
WIDEST_WORD = 7


class Told(Protocol):
    """Takes each outcome as it happens."""

    def __call__(self, outcome: Outcome) -> None:
        """Tell a person of it."""


@contextmanager
def progress(changes: Sequence[Change], stream: TextIO) -> Iterator[Told]:
    """Give what tells of each outcome: a line above a bar on a terminal, a plain line elsewhere."""
    if stream.isatty():
        with _bar(changes, stream) as told:
            yield told
    else:
        yield lambda outcome: _tell(outcome, stream)


def _tell(outcome: Outcome, stream: TextIO) -> None:
    # In one piece, so that what other threads say of their requests stands before or behind it.
    stream.write(of(outcome).text + "\n")
    stream.flush()


@contextmanager
def _bar(changes: Sequence[Change], stream: TextIO) -> Iterator[Told]:
    from rich.console import Console  # noqa: PLC0415  (50 ms that a pipe does not need)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    steps = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    columns = (BarColumn(bar_width=20), MofNCompleteColumn(), TimeElapsedColumn(), steps)
    waiting = _Waiting(changes)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(waiting.told, total=len(changes))

        def told(outcome: Outcome) -> None:
            waiting.finished(outcome.change)
            bar.update(task, advance=1, description=waiting.told)
            spans = of(outcome).spans
            bar.console.print(Text.assemble(*((span.text, span.style) for span in spans)), soft_wrap=True)

        yield told


class _Waiting:
    """The steps that have nothing left to wait for, and so are under way or next."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._sorter = TopologicalSorter({step(change): change.after for change in changes})
        self._sorter.prepare()
        self._now = dict.fromkeys(self._sorter.get_ready())

    @property
    def told(self) -> str:
        """Return the first of them in words."""
        more = len(self._now) - 1
        first = next((visible(str(name)) for name in self._now), "")
        return f"{first} and {more:,} more" if more > 0 else first

    def finished(self, change: Change) -> None:
        """Take one off, and in those that waited for it."""
        del self._now[step(change)]
        self._sorter.done(step(change))
        self._now |= dict.fromkeys(self._sorter.get_ready())


def of(outcome: Outcome) -> Line:
    """Return one outcome on a line: what was done to what, and where it can be seen."""
    word = result(outcome)
    parts = [visible(str(outcome.change.key))]
    match outcome:
        case Done():
            # A child's line tells whose it is already; its incident's own line has the link.
            known = (outcome.reference, "" if outcome.change.key.child else outcome.link)
            parts += [visible(part) for part in known if part]
            parts += [f"({visible(outcome.note)})"] if outcome.note else []
        case Failed() | Unknown():
            parts.append(visible(outcome.message))
        case Skipped():
            parts.append(visible(outcome.because))
    return line(Span(f"{word:<{WIDEST_WORD}}", STYLES.get(word, "green")), "  ", "  ".join(parts))


def is_removal(change: Change) -> bool:
    """Return whether an incident is closed as no manifest declares it any more."""
    return isinstance(change, Edit) and any(one.cause is Cause.REMOVED for one in change.fields)


def result(outcome: Outcome) -> str:
    """Return what became of a change, in one word."""
    match outcome:
        case Done(adopted=True):
            return "adopted"
        case Done() if is_removal(outcome.change):
            return "closed"
        case Done():
            return PAST.get(outcome.change.verb, "done")
        case _:
            return type(outcome).__name__.lower()


def summary(outcomes: Sequence[Outcome], refused: int = 0) -> list[Line]:
    """Return how an apply ended: what went wrong and what to do, the incidents with their links, and the counts."""
    wrong = [row for outcome in outcomes for row in _wrong(outcome)]
    incidents = dict.fromkeys(told for outcome in outcomes if (told := _incident(outcome)))
    counts = {kind: sum(isinstance(one, kind) for one in outcomes) for kind in (Done, Failed, Skipped, Unknown)}
    told = ", ".join(f"{number:,} {kind.__name__.lower()}" for kind, number in counts.items())
    told += f", {refused:,} refused" if refused else ""
    sections = [section for section in ([line(told) for told in incidents], wrong) if section]
    above = [row for section in sections for row in (*section, BLANK)]
    return [*above, line(Span(f"Apply: {told}.", "bold"))]


def _wrong(outcome: Outcome) -> Iterator[Line]:
    if isinstance(outcome, Done | Skipped):
        return
    name = f"{outcome.change.verb} {visible(str(outcome.change.key))}"
    yield line(Span(f"{result(outcome)}: ", "bold red"), name, right=place(outcome.change.source))
    told = visible(outcome.message)
    request = outcome.request_id if isinstance(outcome, Failed) else ""
    yield line("  ", f"{told} (request {visible(request)})" if request and request not in told else told)
    if outcome.hint:
        yield line("  ", Span(f"hint: {visible(outcome.hint)}", "cyan"))


def _incident(outcome: Outcome) -> str:
    """Return where an incident can be seen; nothing for what has no reference."""
    key = outcome.change.key
    if not isinstance(outcome, Done) or not outcome.reference or key.child:
        return ""
    return "  ".join(visible(part) for part in (outcome.reference, str(key), outcome.link) if part)
