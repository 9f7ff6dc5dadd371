"""A text -> where Git left a merge in it for somebody to resolve. Pure."""

from __future__ import annotations

import re

from reconciler.documents.places import end_of
from reconciler.errors import Problem

OPENING, CLOSING = "<<<<<<<", ">>>>>>>"
_MARKER = re.compile(r"^(?:(?:<{7}|\|{7}|>{7})(?=[ \r\n]|\Z)|={7}(?=\r?\n|\Z))", re.MULTILINE)
"""What Git writes at the beginning of a line; a text of an incident is indented, so its lines begin behind that."""


def unresolved(text: str, file: str) -> Problem | None:
    """Return where a text holds both ends of an unresolved merge, whether or not it can be read as YAML."""
    if OPENING not in text or CLOSING not in text:
        return None
    marks = {found[0] for found in _MARKER.finditer(text)}
    return remnant(text, file) if {OPENING, CLOSING} <= marks else None


def remnant(text: str, file: str) -> Problem | None:
    """Return the first line that such a merge left, half resolved as it may be."""
    found = _MARKER.search(text)
    if found is None:
        return None
    hint = f"keep one side, or both, and take the lines with `{OPENING}`, `=======` and `{CLOSING}` out"
    return Problem(end_of(text[: found.start()], file), "this is an unresolved merge", hint)
