"""What is known of the other generations of a resource, and whether it may be declared beside them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler.identity import DEFAULT_GENERATION, Absent, Earlier, Matched, Unfinished, owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.identity import Claim, Forgotten, Match, Objects

SKEW = 600.0
"""Seconds by which this machine's clock may be from the API's."""

RUNNING = frozenset({"triage", "live", "paused"})
"""Categories of statuses in which an incident goes on, or may go on any minute."""


def is_finished(incident: Mapping[str, Any]) -> bool:
    """Return whether an incident is past its live statuses, wherever people brought it; a paused one is not."""
    return incident["incident_status"]["category"] not in RUNNING


def earlier(claim: Claim, objects: Objects) -> Earlier | None:
    """Return what a manifest names although state knows it as another generation: it cannot be both."""
    stated = objects.by_id.get(claim.stated_id)
    if stated is None:
        return None
    managed = (one.generation for one in claim.earlier if one.id == stated["id"] and not one.is_left)
    return next((Earlier(stated, generation) for generation in managed), None)


def bearing(
    claim: Claim, by_name: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]], namespace: str
) -> Iterable[Mapping[str, Any]]:
    """Yield what carries the key of another generation of it; `by_name` are keys and who carries them, by the name."""
    for name in claim.names:
        for text, one in by_name.get(name, ()):
            whose = owner(text, namespace, claim.key.kind) if text not in claim.markers else None
            if whose and whose.key.name == name:
                yield one


def asked_for(claim: Claim, alike: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Yield which of those that look like an earlier generation may be it: it was asked for, and never answered."""
    asked = claim.asked_earlier
    for one in alike if asked else ():
        made = datetime.fromisoformat(one["created_at"]).timestamp()
        if asked and "api_key" in one["creator"] and made >= asked.time - SKEW and not claim.excludes(one):
            yield one


def not_beside(claim: Claim, others: Sequence[Mapping[str, Any]], left: Forgotten | None) -> Match | None:
    """Return what forbids to declare it: another generation of it, or what looks the same and was left, runs still."""
    if claim.asked_at:
        return None
    running = next((one for one in others if not is_finished(one)), None)
    if running:
        return Unfinished(running["id"], running)
    # What it was itself is an earlier generation, and judged as that.
    return left if left and left.holder != claim.key and not claim.excludes(left.raw) else None


def names(text: str) -> Iterable[str]:
    """Yield what the name in a key may be: it may hold dots, as may the generation behind it."""
    parts = text.rpartition("-")[0].split(".")
    return (".".join(parts[:at]) for at in range(1, len(parts)))


def unfinished(claim: Claim, objects: Objects) -> Unfinished | None:
    """Return an earlier generation that runs still, as far as can be told; `not` lets only what was left be."""
    for one in claim.earlier:
        raw = objects.by_id.get(one.id)
        if raw is None or not (is_finished(raw) or (one.is_left and claim.excludes(raw))):
            return Unfinished(one.id, raw, one.generation if one.is_left else "")
    return None


def is_declared_anew(claim: Claim, found: Match) -> bool:
    """Return whether it would be declared, or what only looks like it taken for that, and not asked for before."""
    if claim.asked_at:
        return False
    return isinstance(found, Absent) or (isinstance(found, Matched) and found.how == "look-alike")


def may_be_earlier(claim: Claim, one: Mapping[str, Any]) -> bool:
    """Return whether what looks the same may be an earlier generation: it is finished, and none asked for it."""
    if claim.generation == DEFAULT_GENERATION or not is_finished(one):
        return False
    return not (claim.asked_at and datetime.fromisoformat(one["created_at"]).timestamp() >= claim.asked_at - SKEW)
