"""A text in; whether it is a report of a game day, in whatever form and of whatever version, out. Pure.

Each form is known by what it begins with, an object and a page by what no other of them holds.
"""

from __future__ import annotations

import json
import re

from reconciler.render.gameday import said

NEVER_BEGUN = re.escape(said.NEVER_BEGUN)
BEGINS = re.compile(
    rf"""
      Game\ day\ \S+:\ .*\nRun\  | {NEVER_BEGUN}                                              # text
    | \#\#\ Game\ day (?: :\ .* )? \n\n (?: \*\*.*expectation.*\*\* | {NEVER_BEGUN} )         # Markdown
    | <\?xml\ [^>]*\?>\n<testsuites\ name="reconciler\ gameday"                               # JUnit
    """,
    re.VERBOSE,
)
DOCTYPE, BODY = "<!doctype html>", '\n<body class="gameday">\n'


def is_report(text: str) -> bool:
    """Return whether a text is what `written` returned once."""
    begun = text.lstrip()
    if begun.startswith("{"):
        return _is_object(begun)
    return bool(BEGINS.match(begun)) or (begun.startswith(DOCTYPE) and BODY in begun)


def _is_object(text: str) -> bool:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"format_version", "standing"} <= content.keys()
