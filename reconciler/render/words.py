"""Values in, words for people out: none can move a cursor or forge a line. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, chop_cells

from reconciler.notice import least_seconds

if TYPE_CHECKING:
    from reconciler.model import Plan

NOT_SET = "(not set)"

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, marks that turn the direction of text, and what takes no room on a screen."""

# The first are escaped in JSON anyway; only its own line breaks are left of them.
_UNSEEN_IN_JSON = re.compile(_UNSEEN.pattern.replace("\x00-\x1f", ""))


def visible(text: str) -> str:
    r"""Return text on one line, with every character that is not seen as an escape: `\x1b`, `\n`, `\u202e`."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def as_json(value: Any, indent: int | None = 2) -> str:
    """Return a value as JSON that reads the same, with an escape for every character that is not seen."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _UNSEEN_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


def lines(text: str) -> list[str]:
    """Return the lines of a text, each of them visible."""
    return [visible(line.removesuffix("\r")) for line in text.split("\n")]


def told(value: Any) -> str:
    """Return a value as people read it; a text keeps its lines."""
    match value:
        case None:
            return NOT_SET
        case "":
            return '""'
        case str():
            return "\n".join(lines(value))
        case list() | tuple():
            return ", ".join(map(told, value)) or "(none)"
        case dict():
            return ", ".join(f"{visible(str(name))}: {told(each)}" for name, each in value.items())
        case _:
            return visible(json.dumps(value, ensure_ascii=False, default=str))


def first_line(text: str, room: int | None) -> str:
    """Return the first line, cut to `room` columns, with the count of those that follow."""
    first, *rest = text.split("\n")
    more = f" (+{count(len(rest), 'line')})" if rest else ""
    return (first if room is None else shortened(first, room - len(more))) + more


def in_full(text: str, room: int | None) -> list[str]:
    """Return a whole text in quotes, each of its lines broken where `room` columns end."""
    lines_of_text = f'"{text}"'.split("\n")
    if room is None:
        return lines_of_text
    return [piece for each in lines_of_text for piece in folded(each, room)]


def folded(text: str, room: int) -> list[str]:
    """Return a line in pieces of `room` columns at the most: between words where that is possible."""
    if cell_len(text) == len(text):
        return textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [piece for piece in chop_cells(text, room) if piece]


def quoted(text: str, room: int | None) -> str:
    """Return the first line in quotes, cut to `room` columns."""
    first, *rest = text.split("\n")
    more = f" (+{count(len(rest), 'line')})" if rest else ""
    return f'"{first if room is None else shortened(first, room - 2 - len(more))}"{more}'


def shortened(text: str, room: int) -> str:
    """Return a line cut to `room` columns of a screen, the cut shown as `…`."""
    if cell_len(text) <= room:
        return text
    kept = text[: max(room - 1, 0)]
    while kept and cell_len(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 update`, `1,200 updates`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def identity(plan: Plan) -> str:
    """Return what incidents are found again by where state is lost; nothing where the plan has no incidents."""
    if plan.identity_field is None:
        return ""
    if plan.awaits_field:
        there = f"until field {visible(plan.identity_field)} is there"
        return f"Identity: key and name, {there}; found again while one of them is known"
    if plan.identity_field:
        return f"Identity: field {visible(plan.identity_field)}; found again whatever is renamed or forgotten"
    return "Identity: key and name; found again while one of them is known"


def address(url: str) -> str:
    """Return an address without its scheme."""
    return visible(url.removeprefix("https://").removeprefix("http://").rstrip("/"))


def cost(plan: Plan) -> str:
    """Return what carrying out a plan costs: its requests, and the least time where the rate limit sets one."""
    least = least_seconds(plan.requests)
    return count(plan.requests, "request") + (f", which take {least:,} s at the least" if least else "")
