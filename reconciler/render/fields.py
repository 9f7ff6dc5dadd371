"""Leaves and field changes in, the lines that show them out. Pure."""

from __future__ import annotations

import difflib
import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from reconciler.render.page import Layout, Line, Span, line
from reconciler.render.words import count, first_line, told, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import FieldChange, Leaves

INDENT = 4
LABEL = 9
"""The narrowest column of field names."""
LONGEST_LABEL = 28

CONTEXT = 2
"""Unchanged lines shown around a change of a text."""
MOST_LINES = 60
"""Lines of one field's difference that are shown."""
MOST_COMPARED = 4_000
"""Lines of texts that are compared line by line; beyond, only their counts are told."""


def column(names: Iterable[str]) -> int:
    """Return how wide the column of these names is, with its gap."""
    longest = max((cell_len(name) for name in names if cell_len(name) <= LONGEST_LABEL), default=0)
    return max(longest, LABEL) + 2


def padded(text: str, width: int, gap: int = 2) -> str:
    """Return text filled up to `width` columns, with at least a gap behind it."""
    return text + " " * max(width - cell_len(text), gap)


def stated(leaves: Leaves, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what leaves say, by field: one text, or one a part of a map (`Incident Lead: Alice`).

    `names` is what people call IDs, for leaves that an earlier run left as they were sent.
    """
    rows: dict[str, list[str]] = {}
    for path, leaf in leaves.items():
        name, *parts = (part for whole in path for part in str(whole).split("/", 1))
        label = leaf.label or ".".join(names.get(part, part) for part in parts)
        value = leaf.value if leaf.text is None else leaf.text
        text = told(_named(value, names))
        rows.setdefault(visible(name), []).append(f"{visible(label)}: {text}" if parts else text)
    return rows


def _named(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case str():
            return names.get(value, value)
        case list() | tuple():
            return [_named(item, names) for item in value]
        case dict():
            return {name: _named(item, names) for name, item in value.items()}
        case _:
            return value


def rows(label: str, texts: Iterable[str], width: int) -> Iterator[Line]:
    """Yield a field with its values below each other, of each the first line and how many follow."""
    for number, text in enumerate(texts):
        lead = padded("" if number else label, width)
        yield line(lead, first_line(text, None), indent=INDENT)


def changed(change: FieldChange, width: int, layout: Layout, indent: int = INDENT, note: str = "") -> Iterator[Line]:
    """Yield a field that changes: on one line if it is short, else as what goes and what comes.

    The `note` says why and by whom; without one it is the change's cause.
    """
    label = padded(visible(change.name), width)
    cause = note or change.cause.value + (f": {visible(str(change.mover))}" if change.mover else "")
    old, new = told(change.old), told(change.new)
    short = line(label, f"{old} -> {new}", Span(f"  ({cause})", "dim"), indent=indent)
    if change.added or change.removed:
        yield line(label, Span(cause, "dim"), indent=indent)
        for sign, members in (("-", change.removed), ("+", change.added)):
            yield from (line(told(member), indent=indent + 2, sigil=sign) for member in members)
    elif "\n" not in old + new and cell_len(short.lead + short.text) <= layout.width:
        yield short
    else:
        yield line(label, Span(cause, "dim"), indent=indent)
        yield from _lines(_text(change.old), _text(change.new), indent + 2)


def _text(value: Any) -> list[str]:
    """Return the lines that a value is compared by; none where there is none."""
    if value is None:
        return []
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False, default=str).split("\n")
    return told(value).split("\n")


def _lines(old: list[str], new: list[str], indent: int) -> Iterator[Line]:
    if len(old) + len(new) > MOST_COMPARED:
        yield line(f"{count(len(old), 'line')} -> {count(len(new), 'line')}", indent=indent)
        return
    shown = list(_difference(old, new, indent))
    yield from shown[:MOST_LINES]
    if (more := len(shown) - MOST_LINES) > 0:
        yield line(f"… {count(more, 'more line')} (`--format json` has them)", indent=indent)


def _difference(old: list[str], new: list[str], indent: int) -> Iterator[Line]:
    hunks = islice(difflib.unified_diff(old, new, n=CONTEXT, lineterm=""), 2, None)
    for number, row in enumerate(hunks):
        match row[0]:
            case "@":
                if number:
                    yield line("…", indent=indent)
            case " ":
                yield line(visible(row[1:]), indent=indent + 2)
            case sigil:
                yield line(visible(row[1:]), indent=indent, sigil=sigil)
