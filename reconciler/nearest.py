"""A name that is unknown, and those that are known -> the one that was probably meant. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

SHOWN = 12
"""Names that a hint lists before it says how many more there are."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that reads most like `name`, whatever the case; empty where none does."""
    from difflib import get_close_matches  # noqa: PLC0415  (needed by mistakes only)

    by_folded = {candidate.casefold(): candidate for candidate in known}
    return next((by_folded[match] for match in get_close_matches(name.casefold(), by_folded, n=1)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean `x`?" to end a message with, or nothing."""
    found = nearest(name, known)
    return f"; did you mean `{found}`?" if found else ""


def listed(names: Iterable[str]) -> str:
    """Return names as a hint lists them: `a, b, c`, the first dozen and how many more."""
    known = list(names)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more


def unknown_field(name: str, owner: str, known: Collection[str]) -> tuple[str, str]:
    """Return the message and the hint for a field that `owner` does not have."""
    return f"`{name}` is not a field of {owner}{did_you_mean(name, known)}", f"the fields are {listed(known)}"
