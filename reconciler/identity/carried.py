"""Who carries which key: in the field that is for it, and in others, which people may have renamed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.identity import Absent, Ambiguous, Elsewhere, Matched, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.identity import Claim, Match


def by_marker(claim: Claim, marked: Mapping[str, Sequence[Mapping[str, Any]]]) -> Match | None:
    """Return what carries a key of it, the likeliest first; `marked` is who carries each."""
    for text in claim.markers:
        match [one for one in marked.get(text, ()) if not claim.excludes(one)]:
            case []:
                continue
            case [one]:
                return Matched(one, "marker")
            case several:
                return Ambiguous(tuple(several), "several carry its key")
    return None


def elsewhere(free: Iterable[Mapping[str, Any]], field: str) -> dict[str, Elsewhere]:
    """Return what carries a text in another field than the one that carries keys (an ID), by the text."""
    return {text: Elsewhere(one, other) for one in free for text, other in texts(one) if other["id"] != field}


def unless_elsewhere(claim: Claim, looked: Match, carried: Mapping[str, Elsewhere]) -> Match:
    """Return what looks like it, unless something else carries its key elsewhere: then a person must say so first."""
    found = next((carried[text] for text in claim.markers if text in carried), None)
    if found is None or claim.excludes(found.raw) or not isinstance(looked, Absent | Matched):
        return looked
    is_it = isinstance(looked, Matched) and looked.raw["id"] == found.raw["id"]
    return looked if is_it else found
