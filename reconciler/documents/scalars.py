"""A scalar without quotes -> the value that YAML 1.2 gives it. Pure."""

from __future__ import annotations

import math
import re
from typing import Any

MAX_SCALAR = 1_000
"""Characters of a number; Python itself refuses to print longer ones."""

CONSTANTS = {
    text: value
    for value, names in {
        None: ("", "~", "null", "Null", "NULL"),
        True: ("true", "True", "TRUE"),
        False: ("false", "False", "FALSE"),
    }.items()
    for text in names
}
NUMBER = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)(?P<exact>)"
    r"|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?(?P<real>)"
    r"|[-+]?\.(?:inf|Inf|INF)(?P<infinite>)|\.(?:nan|NaN|NAN)(?P<nan>)"
)
NUMERIC = frozenset("+-.0123456789")


class Unusable(ValueError):
    """A scalar that YAML has and JSON has not."""


def plain(text: str) -> Any:
    """Return what a scalar without quotes means; raises `Unusable` where JSON has no such value."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in NUMERIC or not (number := NUMBER.fullmatch(text)):
        return text
    if len(text) > MAX_SCALAR:
        raise Unusable(f"a number of {len(text)} characters")
    match number.lastgroup:
        case "exact":
            return int(text)
        case "octal":
            return int(number["octal"], 8)
        case "hexadecimal":
            return int(number["hexadecimal"], 16)
        case "real" if math.isfinite(real := float(text)):
            return real
    raise Unusable(f"`{text}` is not a number that JSON has")
