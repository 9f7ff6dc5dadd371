"""What somebody changed outside in, the sentences that tell of it out, with who did it where that is known. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import Cause, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Drifted

ENDINGS = frozenset({"closed", "declined", "canceled", "cancelled", "merged", "paused", "resolved"})
"""Statuses whose names say what somebody did."""
MANIFEST = "the manifest"
LONGEST = 60
"""Characters of a value that a sentence holds."""


def notice(topic: Topic, one: Drifted) -> str:
    """Return what a notice about a change outside says."""
    if one.is_gone:
        return f"{one.what} was deleted outside, and is not made again"
    return _brought(one) if topic in {Topic.FINISHED, Topic.PAUSED} else _kept(one)


def refusal(moved: Sequence[Drifted]) -> str:
    """Return why a resource is left to a person."""
    told = [f"{one.what} was deleted outside" for one in moved if one.is_gone]
    told += [
        f"{one.name} was moved by {one.mover or 'people'}, and {one.asker} would move it elsewhere"
        for one in moved
        if one.asker != MANIFEST
    ]
    changed = [one for one in moved if not one.is_gone and one.asker == MANIFEST]
    for says, which in (("drifted", True), ("changed in the manifest and outside", False)):
        if names := [f"{one.what}{_by(one)}" for one in changed if is_drift_alone(one) is which]:
            told.append(f"{' and '.join(names)} {says}")
    return f"{'; '.join(told)}; the drift policy leaves that to a person"


def is_drift_alone(one: Drifted) -> bool:
    """Return whether nothing asks for another value than the one that was left."""
    return one.cause is Cause.DRIFT and one.asker == MANIFEST


def reading(text: Any) -> str:
    """Return a value as a sentence tells it: its first line, if that is not too long."""
    match text:
        case None:
            return "nothing"
        case list() | tuple():
            whole = ", ".join(map(str, text))
        case _:
            whole = str(text)
    first = whole.split("\n", 1)[0]
    return whole if whole == first and len(first) <= LONGEST else f"{first[: LONGEST - 1].rstrip()}…"


def _kept(one: Drifted) -> str:
    return f"{one.what} {reading(one.live)} kept{_by(one)}; {one.asker} says {reading(one.desired)}"


def _brought(one: Drifted) -> str:
    says = f"{one.asker} says {reading(one.desired)}"
    if one.held_back:
        names = " and ".join(f"`{name}`" for name in one.held_back)
        says += f"; {names} {'is' if len(one.held_back) == 1 else 'are'} not posted"
    if one.mover is None:
        return f"{reading(one.live)}; {says}"
    word = reading(one.live)
    done = word.lower() if word.lower() in ENDINGS else f"moved to {word}"
    return f"{done} by {one.mover}; {says}"


def _by(one: Drifted) -> str:
    return f" ({one.mover})" if one.mover else ""
