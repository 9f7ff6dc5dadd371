"""Marks in a row in; which of them get a label and where, so that none covers another, out. Pure.

The page is as wide as it will be, so what is placed must fit at the narrowest width that it is shown at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NARROW, WIDE = 320, 460
"""Pixels of a row on a phone, and on the narrowest screen that has the wide layout."""
LETTER = 6.6
"""Pixels of a letter, on the safe side."""
APART = 10
REACH = 5
"""How far a label begins before its mark."""
LEVELS = 2
"""Below the marks, then above them."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place of the axis, or several that are too near to tell apart; `names` may stand beside it."""

    x: float
    kind: str
    count: int
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside a mark; `is_wide` are shown only where there is room, `is_end` end at their mark."""

    x: float
    level: int
    text: str
    is_end: bool
    is_wide: bool


def labelled(marks: Sequence[Mark]) -> Iterator[Label]:
    """Yield labels for as many marks as have room for one; those that fit on a phone are chosen first."""
    placed: list[Label] = []
    found: set[int] = set()
    for width, is_wide in ((NARROW, False), (WIDE, True)):
        for number, mark in enumerate(marks):
            if number not in found and (label := _fitting(mark, placed, width, is_wide=is_wide)):
                placed.append(label)
                found.add(number)
    yield from sorted(placed, key=lambda label: label.x)


def _fitting(mark: Mark, placed: Sequence[Label], width: int, *, is_wide: bool) -> Label | None:
    for text in mark.names:
        for level in range(LEVELS):
            for is_end in (False, True):
                label = Label(mark.x, level, text, is_end, is_wide)
                begin, end = _extent(label, width)
                if begin < -REACH or end > width + REACH:
                    continue
                others = (_extent(other, width) for other in placed if other.level == level)
                if all(end + APART <= start or begin >= stop + APART for start, stop in others):
                    return label
    return None


def _extent(label: Label, width: int) -> tuple[float, float]:
    x, long = label.x / 100 * width, cell_len(label.text) * LETTER
    return (x + REACH - long, x + REACH) if label.is_end else (x - REACH, x - REACH + long)
