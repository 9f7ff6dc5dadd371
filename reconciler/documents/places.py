"""The end of a text, or a mark of the parser -> its place in the file, as editors count. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.model import Source

if TYPE_CHECKING:
    import yaml

LINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What libyaml takes for the end of a line (YAML 1.1, 4.2); marks count by it."""


def end_of(text: str, file: str) -> Source:
    """Return the place right behind a text."""
    lines = LINE.split(text)
    return Source(file, len(lines), len(lines[-1]) + 1)


def inside(mark: yaml.Mark | None, lines: list[str], file: str) -> Source:
    """Return the place of a mark, drawn back into the text: parsers point one line beyond its end."""
    if mark is None:
        return Source(file)
    line = min(mark.line, len(lines) - 1)
    column = mark.column if line == mark.line else len(lines[line])
    return Source(file, line + 1, min(column, len(lines[line])) + 1)
