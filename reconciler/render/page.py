"""Lines of a report in, a screen or a pipe out: layout and colour, and nothing about what is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len, chop_cells

from reconciler.render.words import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.segment import Segment

NARROWEST, WIDEST = 80, 120
"""Columns of the layout: less than the first cannot hold it, more than the second is hard to read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How much room there is: `width` in columns, and whether what is longer is cut and wrapped to it.

    In a pipe nothing is: there the width only says where the places of the manifests stand.
    """

    width: int = NARROWEST
    fits: bool = False

    def room(self, taken: int) -> int | None:
        """Return the columns that are left behind `taken`, a few at the least; None where there is no end to them."""
        return max(self.width - taken, NARROWEST // 4) if self.fits else None


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line, and the style that repeats in colour what its words say."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it does (`sigil`), what it says, and what stands at its right end."""

    spans: tuple[Span, ...] = ()
    indent: int = 0
    sigil: str = ""
    right: str = ""

    @property
    def text(self) -> str:
        """Return what it says."""
        return "".join(span.text for span in self.spans)

    @property
    def lead(self) -> str:
        """Return what stands before what it says."""
        return " " * self.indent + (f"{self.sigil} " if self.sigil else "")


BLANK = Line()

STYLES = {"+": "green", "-": "red", "~": "yellow", ">": "cyan", "!": "bold red"}


def line(*texts: str | Span, indent: int = 0, sigil: str = "", right: str = "") -> Line:
    """Return a line of plain and of styled texts."""
    return Line(tuple(Span(text) if isinstance(text, str) else text for text in texts), indent, sigil, right)


def plain(lines: Iterable[Line], layout: Layout) -> str:
    """Return the lines as text without colour."""
    return "".join(f"{''.join(span.text for span in row)}".rstrip() + "\n" for row in _rows(lines, layout))


def write(lines: Iterable[Line], stream: TextIO) -> None:
    """Write the lines: in colour and to the width of the screen on a terminal, as plain text elsewhere."""
    if not stream.isatty():
        stream.write(plain(lines, PIPE))
        stream.flush()
        return
    from rich.console import Console  # noqa: PLC0415  (50 ms that a pipe does not need)
    from rich.segment import Segments  # noqa: PLC0415

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    rows = _rows(lines, screen(console.width))
    console.print(Segments(list(_segments(rows))), soft_wrap=True, end="")


PIPE = Layout()


def screen(width: int) -> Layout:
    """Return the layout of a screen that is `width` columns wide."""
    return Layout(min(max(width, NARROWEST), WIDEST), fits=True)


def layout_of(stream: TextIO) -> Layout:
    """Return the room that a stream has."""
    if not stream.isatty():
        return PIPE
    from rich.console import Console  # noqa: PLC0415  (50 ms that a pipe does not need)

    return screen(Console(file=stream).width)


def _segments(rows: Iterable[tuple[Span, ...]]) -> Iterator[Segment]:
    from rich.segment import Segment  # noqa: PLC0415  (50 ms that a pipe does not need)
    from rich.style import Style  # noqa: PLC0415

    styles: dict[str, Style] = {}
    for row in rows:
        for span in row:
            if span.style not in styles:
                styles[span.style] = Style.parse(span.style)
            yield Segment(span.text, styles[span.style])
        yield Segment.line()


def _rows(lines: Iterable[Line], layout: Layout) -> Iterator[tuple[Span, ...]]:
    for each in lines:
        lead = Span(each.lead, STYLES.get(each.sigil, ""))
        if each.right and layout.fits and _width(each.lead, each.text, each.right) + 2 > layout.width:
            yield from _titled(lead, each, layout)
        elif each.right:
            yield (lead, *each.spans, *_right(each, layout))
        elif layout.fits and each.spans and _width(each.lead, each.text) > layout.width:
            yield from _wrapped(lead, each, layout.width)
        else:
            yield (lead, *each.spans)


def _right(each: Line, layout: Layout) -> tuple[Span, Span]:
    gap = layout.width - _width(each.lead, each.text, each.right)
    return Span(" " * max(gap, 2)), Span(each.right, "dim")


def _titled(lead: Span, each: Line, layout: Layout) -> Iterator[tuple[Span, ...]]:
    """Yield a line whose first piece, a name, is folded where the screen ends, and what stands at its right below."""
    name, *rest = each.spans
    room = layout.width - _width(lead.text)
    *pieces, last = chop_cells(name.text, room)
    yield from _under(lead, ((Span(piece, name.style),) for piece in pieces))
    begin = Span(" " * _width(lead.text)) if pieces else lead
    if _width(begin.text, last, *(span.text for span in rest)) <= layout.width:
        yield (begin, Span(last, name.style), *rest)
    else:
        yield (begin, Span(last, name.style))
        yield (Span(" " * _width(lead.text)), *rest)
    for piece in chop_cells(each.right, layout.width):
        yield (Span(" " * (layout.width - cell_len(piece))), Span(piece, "dim"))


def _under(lead: Span, rows: Iterable[tuple[Span, ...]]) -> Iterator[tuple[Span, ...]]:
    for number, row in enumerate(rows):
        yield (Span(" " * _width(lead.text)) if number else lead, *row)


def _wrapped(lead: Span, each: Line, width: int) -> Iterator[tuple[Span, ...]]:
    """Yield a line whose last piece goes on below where it began."""
    *before, last = each.spans
    taken = _width(lead.text, *(span.text for span in before))
    room = width - taken
    if room < NARROWEST // 4:
        # What stands before leaves no room: it all goes on below the sigil.
        for row in folded(each.text, width - _width(lead.text)):
            yield (lead, Span(row, last.style))
            lead = Span(" " * _width(lead.text))
        return
    pieces = folded(last.text, room)
    yield (lead, *before, Span(pieces[0], last.style))
    for piece in pieces[1:]:
        yield (Span(" " * taken), Span(piece, last.style))


def _width(*texts: str) -> int:
    return sum(map(cell_len, texts))
