"""What the parsers say against a text -> a problem at its place, with what to type instead. Pure."""

from __future__ import annotations

import re

import yaml

from reconciler.documents.composing import TOO_DEEP
from reconciler.documents.parser import NO_CHARACTER
from reconciler.documents.places import LINE, end_of, inside
from reconciler.errors import Problem

UNREADABLE = (yaml.MarkedYAMLError, yaml.reader.ReaderError, UnicodeEncodeError)
"""What the parsers raise at a text that is no YAML: at its syntax, or at a character of it."""


def in_words(error: yaml.YAMLError | UnicodeEncodeError, text: str, file: str) -> Problem:
    """Return what ended the reading of a text, at its place."""
    return _syntax(error, text, file) if isinstance(error, yaml.MarkedYAMLError) else _unprintable(text, file)


def _unprintable(text: str, file: str) -> Problem:
    """Return the first character that no YAML may hold: PyYAML tells its offset only."""
    found = _UNPRINTABLE.search(text)
    assert found
    told = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
    return Problem(end_of(text[: found.start()], file), told, "write it as an escape in double quotes")


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML may hold (1.2, 5.1: `c-printable`)."""


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """Return a syntax error in words that tell what to do; the parsers' own where they are clear enough."""
    lines = LINE.split(text)
    here, opening = inside(error.problem_mark, lines, file), inside(error.context_mark, lines, file)
    at, opener = (lines[place.line - 1][place.column - 1 :][:1] for place in (here, opening))
    is_end = not at and not "".join(lines[here.line :]).strip()
    context, problem = error.context or "", error.problem or "this cannot be read"
    if is_end and ("flow" in context or "quoted" in context):
        told = f"`{opener}` is never closed" if opener else "the text ends within a list or a mapping"
        return Problem(opening, told, "" if opener else "close every bracket")
    if "simple key" in context:
        return Problem(opening, "a key needs `: ` behind it", _QUOTES)
    said = f"{context}: {problem}"
    words = next((words for part, words in _SAID.items() if part in said), None)
    if words is None:
        return Problem(here, problem)
    if at == "\t":
        words = _TAB
    message, hint = words
    return Problem(here, message.format(at=at), hint.format(opener=opener, line=opening.line))


_QUOTES = "put a text that holds `: ` in quotes, and check the indentation"
_TAB = ("a tab cannot indent", "indent with spaces")
_SAID = {
    "cannot start any token": ("`{at}` cannot begin a value", "put the text in quotes"),
    "tab character": _TAB,
    "mapping values are not allowed": ("`: ` cannot stand here", _QUOTES),
    "sequence entries are not allowed": ("a list cannot begin here", "begin it on a line of its own"),
    "undefined alias": ("this alias has no anchor", ""),
    "duplicate anchor": ("this anchor is already set", "the first stands in line {line}"),
    "a flow ": ("`,` or a closing bracket is missing", "`{opener}` stands in line {line}"),
    "a block ": (
        "this fits nothing above it",
        "check the indentation; what it could belong to begins at line {line}",
    ),
    "tag handle": ("a tag is not allowed here", "leave it out"),
    NO_CHARACTER: ("this is an escape of no character", "put the character itself in the quotes"),
    # Since PyYAML 6.0.4 the C parser has a limit of its own, and meets it before ours where it looks ahead.
    "maximum nesting depth": (TOO_DEEP, ""),
    "unknown escape": ("this is no escape of YAML", "write a backslash as `\\\\`, or use single quotes"),
}
"""What both parsers say, by a part of their words, and how it is told here."""
