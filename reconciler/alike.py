"""Two values that may be one: how a thing is known again after a server has rewritten it. Pure.

What *means* the same is said by the canonical forms of `kinds`; nothing is left unwritten because it is alike. Here it
is told whether something that stands in an account is what was sent, where no ID tells.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

# Bullets, numbers and marks at the beginning of a line, and signs that stand alone, are layout; so is emphasis.
_NUMBER = re.compile(r"^\s*\d{1,9}[.)](?=\s)", re.MULTILINE)
_EMPHASIS = re.compile(r"[*_`~\\]+")
_SIGN = re.compile(r"[-+•#>]+")


def title(name: object) -> str:
    """Return a name as names are compared: its signs composed, single blanks, none around it."""
    return " ".join(unicodedata.normalize("NFC", str(name)).split())


def is_called(one: object, other: object) -> bool:
    """Return whether two names are one."""
    return title(one) == title(other)


def gist(text: str) -> str:
    """Return a Markdown text without its layout: its words in their order, without bullets, emphasis and case."""
    plain = _EMPHASIS.sub("", _NUMBER.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(word.rstrip("/").casefold() for word in plain.split() if not _SIGN.fullmatch(word))


def is_alike(one: Any, other: Any) -> bool:
    """Return whether one value is what a server may have made of the other.

    Texts are if they differ in blanks or have one gist, moments within a second; lists and mappings if their parts are.
    """
    if one == other:
        return True
    match one, other:
        case str(), str():
            return _is_same_second(one, other) or is_called(one, other) or gist(one) == gist(other) != ""
        case list(), list():
            return len(one) == len(other) and all(map(is_alike, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(is_alike(one[key], other[key]) for key in one)
        case _:
            return False


def _is_same_second(one: str, other: str) -> bool:
    try:
        moments = [datetime.fromisoformat(text) for text in (one, other)]
    except ValueError:
        return False
    has_zones = all(moment.tzinfo for moment in moments)
    return has_zones and abs(moments[0] - moments[1]) < timedelta(seconds=1)
