"""What no manifest declares any more → what becomes of it: closed, deleted, forgotten, refused. Pure.

Without `--prune` it is only told. What is protected, or cannot be seen, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import kinds, refs
from reconciler.diff import Diff
from reconciler.diff.pair import STATUS
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import wrapped
from reconciler.lifecycle import CLOSED
from reconciler.model import (
    NO_MANIFEST,
    Cause,
    Delete,
    Edit,
    FieldChange,
    Forget,
    Leaf,
    Notice,
    Refusal,
    Request,
    Step,
    Topic,
    Why,
    step,
)
from reconciler.removal.undeclared import CLOSE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Key, Live
    from reconciler.removal.undeclared import Gone


@dataclass(frozen=True, slots=True)
class Forgotten:
    """State alone lets go of it, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """An incident is closed, then forgotten."""

    live: Live
    before: Leaf
    status: Leaf


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object is taken out of the account."""

    live: Live


Fate = Forgotten | Closed | Deleted | Refusal


def removals(
    all_gone: Iterable[Gone], lifecycle: Lifecycle, statuses: Iterable[Live], *, prune: bool
) -> dict[Key, Diff]:
    """Return what becomes of each, with `prune`; without it, what would."""
    all_gone = list(all_gone)
    going = {one.record.id for one in all_gone if isinstance(_fate(one, lifecycle, None), Deleted)}
    last = _closed_status(lifecycle, (one for one in statuses if one.id not in going))
    fates = {one.key: _fate(one, lifecycle, last) for one in all_gone}
    deleted = [one for one in all_gone if isinstance(fates[one.key], Deleted)]
    return {
        one.key: _diff(one, fates[one.key], deleted) if prune else Diff(notices=[_told(one, fates[one.key])])
        for one in all_gone
    }


def _closed_status(lifecycle: Lifecycle, statuses: Iterable[Live]) -> Leaf | None:
    """Return the organisation's first closed status."""
    found = [
        Leaf(one.id, one.raw["name"]) for one in sorted(statuses, key=lambda one: (one.raw.get("rank", 0), one.id))
    ]
    return next((one for one in found if lifecycle.category(one) == CLOSED), None)


def _fate(one: Gone, lifecycle: Lifecycle, last: Leaf | None) -> Fate:
    if one.record.is_protected:
        return _refused(
            one,
            Why.PROTECTED,
            f"{one.known} is protected, and its manifest is gone",
            "put the manifest back with `protect: false` below `metadata:` and apply, then take it out; "
            f"or `reconciler state rm {one.key}`",
        )
    if one.holder:
        return Forgotten(f"it is {one.holder} now")
    if one.wanted_by:
        message = f"{one.wanted_by}, which is declared, would be {one.known}: renamed?"
        return _refused(one, Why.AMBIGUOUS, message, f"do what is said of {one.wanted_by} first")
    return _configuration(one) if kinds.KINDS[one.key.kind].natural_key else _incident(one, lifecycle, last)


def _configuration(one: Gone) -> Fate:
    if one.live is None:
        return Forgotten("it was deleted outside")
    if one.record.how != "created":
        return Forgotten("it is left as it is: this workspace did not create it")
    return Deleted(one.live)


def _incident(one: Gone, lifecycle: Lifecycle, last: Leaf | None) -> Fate:
    if one.record.on_remove != CLOSE:
        return Forgotten("the incident is left as it is")
    if one.live is None:
        return _refused(
            one,
            Why.OUT_OF_SIGHT,
            f"{one.known} is to be closed, and the account does not show it: deleted, or private to this key",
            f"if it is gone for good: `reconciler state rm {one.key}`; a private incident takes a key with the role "
            "global_access",
        )
    now = one.live.leaves[STATUS]
    if last is None:
        return _refused(
            one,
            Why.IMPOSSIBLE,
            f"{one.known} is to be closed, and the organisation has no closed status",
            f"`reconciler state rm {one.key}` leaves it as it is",
        )
    if lifecycle.is_paused(now):
        return _refused(
            one,
            Why.IMPOSSIBLE,
            f"{one.known} is to be closed, and is {now.text}: the API moves no paused incident",
            f"people must close it, or resume it first; `reconciler state rm {one.key}` leaves it as it is",
        )
    if lifecycle.category(now) == CLOSED or not lifecycle.may_move(now, last):
        return Forgotten(f"the incident is {now.text} already")
    return Closed(one.live, now, last)


def _refused(one: Gone, why: Why, message: str, hint: str) -> Refusal:
    return Refusal(why, one.key, NO_MANIFEST, message, hint)


def _diff(one: Gone, fate: Fate, deleted: Iterable[Gone]) -> Diff:
    match fate:
        case Refusal():
            return Diff(refusals=[fate])
        case Forgotten(why):
            return Diff([Forget(one.key, NO_MANIFEST, one.known, why, name=one.open_name)])
        case Closed(live, before, status):
            edit = _close(one.key, live, before, status)
            then = (step(edit),)
            return Diff([edit, Forget(one.key, NO_MANIFEST, one.known, "once it is closed", then, one.open_name)])
        case Deleted(live):
            request = Request("DELETE", f"{kinds.KINDS[one.key.kind].path}/{live.id}", {})
            after = tuple(Step(Delete.verb, other.key) for other in deleted if _needs(other, one))
            return Diff([Delete(one.key, NO_MANIFEST, one.name, live, request, after)])


def _close(key: Key, live: Live, before: Leaf, status: Leaf) -> Edit:
    sent = {STATUS: status}
    path = INCIDENT.path + INCIDENT.edit_path.replace("{id}", live.id)
    request = Request(INCIDENT.edit_method, path, wrapped(INCIDENT.body(sent), notify=False))
    told = FieldChange("status", before.text, status.text, Cause.REMOVED)
    return Edit(key, NO_MANIFEST, request, sent, (told,), live)


def _needs(one: Gone, other: Gone) -> bool:
    """Return whether one refers to the other, which can only be deleted once nothing does."""
    assert one.live is not None
    return one.key != other.key and refs.mentions(one.live.raw, other.record.id)


def _told(one: Gone, fate: Fate) -> Notice:
    match fate:
        case Refusal():
            return Notice(Topic.UNDECLARED, one.key, fate.message, hint=fate.hint)
        case Closed(status=status):
            would = f"`--prune` moves it to {status.text} and forgets it"
        case Deleted():
            would = f"`--prune` deletes the {kinds.KINDS[one.key.kind].noun} `{one.name}`"
        case Forgotten(why):
            would = f"`--prune` forgets it: {why}"
    return Notice(Topic.UNDECLARED, one.key, one.known, hint=would)
