"""Text that came over the wire in, one harmless line for a person out."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
_INVISIBLE = re.compile(r"(?is)<!--.*?-->|<(script|style|title)\b.*?</\1\s*>")
_MARKUP = re.compile(r"<[^>]*>?")


def first_line(body: str) -> str:
    """Return the first line of a page that says anything: no markup, no control characters, at most 120 characters.

    A page's title is kept where nothing else is said.
    """
    # Only the top is looked at: a page may be of any size.
    top = body[:4_000]
    title = re.search(r"(?is)<title[^>]*>(.*?)</title", top)
    for candidate in (_INVISIBLE.sub(" ", top), title.group(1) if title else ""):
        for line in _MARKUP.sub("\n", candidate).splitlines():
            if said := harmless(line):
                return said
    return ""


def harmless(text: object, longest: int = LONGEST) -> str:
    """Return text without control and invisible characters on one line, cut to `longest`; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 4 * longest])
    words = " ".join(visible.split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
