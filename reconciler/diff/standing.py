"""The status of an incident that others brought elsewhere: where it is left so, and what is told of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.diff.fields import Difference
from reconciler.diff.pair import STATUS
from reconciler.diff.updates import MOVES
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.lifecycle import CLOSED, LEARNING, LIVE, TRIAGE
from reconciler.model import Cause, Fate, Notice, Topic
from reconciler.state.record import FieldRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.diff.pair import Pair
    from reconciler.diff.rules import Diff
    from reconciler.model import Leaf, Path


def stuck(pair: Pair, diff: Diff) -> tuple[Path, ...]:
    """Return `(STATUS,)` where the status is left as it is, and tell why.

    In triage: a person must accept it. Others brought it further (finished), or paused it. Post-incident statuses
    move by themselves, so one that it was found in is as good as another, unless the manifest asks for another anew.
    """
    wanted, live = pair.desired.leaves.get(STATUS), pair.live.leaves.get(STATUS)
    if pair.kind is not INCIDENT or wanted is None or live is None or wanted.value == live.value:
        return ()
    lifecycle = pair.rules.lifecycle
    if _is_waiting(pair, live, wanted):
        message = f"it is in triage, and a person must accept it; the manifest says {wanted.text}"
        diff.notices.append(Notice(Topic.TRIAGE, pair.key, message, pair.desired.source))
        return (STATUS,)
    known = pair.record.fields.get("status") if pair.record else None
    asks_anew = known is not None and known.answered == live.value
    if is_settled(pair) and not asks_anew:
        return (STATUS,)
    if lifecycle.is_further(live, wanted) and not asks_anew:
        diff.notices.append(_brought(pair, live, wanted, diff))
        return (STATUS,)
    return ()


def yielded(pair: Pair) -> list[Difference]:
    """Return the moves that updates went without, as people had moved the incident: drift until either side agrees.

    Such a record tells what the update says as sent and what people chose as answered; in all other statuses than
    the live ones the server may have chosen what was answered.
    """
    lifecycle, known = pair.rules.lifecycle, pair.record.fields if pair.record else {}
    found = []
    for path in MOVES if pair.kind is INCIDENT else ():
        wanted, live = pair.desired.leaves.get(path), pair.live.leaves.get(path)
        record = known.get(str(path[0]))
        if wanted is None or live is None or record is None or wanted.value == live.value:
            continue
        is_chosen = path != STATUS or lifecycle.category(live) == LIVE
        if is_chosen and (wanted.value, live.value) == (record.sent, record.answered):
            found.append(Difference(path, wanted, live, Cause.DRIFT, FieldRecord(record.sent, record.sent)))
    return found


def _is_waiting(pair: Pair, live: Leaf, wanted: Leaf) -> bool:
    """Return whether an incident is in triage, from where only people bring it to what is wanted."""
    lifecycle = pair.rules.lifecycle
    return (lifecycle.category(live), lifecycle.category(wanted)) == (TRIAGE, LIVE)


def waits_unrecorded(pair: Pair) -> bool:
    """Return whether state should learn that it was seen in triage: wherever people accept it to is then theirs."""
    wanted, live = pair.desired.leaves.get(STATUS), pair.live.leaves.get(STATUS)
    is_known = pair.record is not None and "status" in pair.record.fields
    return wanted is not None and live is not None and not is_known and _is_waiting(pair, live, wanted)


def is_settled(pair: Pair) -> bool:
    """Return whether a post-incident status is as good as the one wanted."""
    wanted, live = pair.desired.leaves.get(STATUS), pair.live.leaves.get(STATUS)
    return wanted is not None and live is not None and pair.rules.lifecycle.is_settled(live, wanted)


def is_over(pair: Pair, stuck: tuple[Path, ...]) -> bool:
    """Return whether others brought it past what is wanted, or paused it: nothing is posted then."""
    if STATUS not in stuck:
        return False
    return pair.rules.lifecycle.is_further(pair.live.leaves[STATUS], pair.desired.leaves[STATUS])


def _brought(pair: Pair, live: Leaf, wanted: Leaf, diff: Diff) -> Notice:
    record = pair.record.fields.get("status") if pair.record else None
    one = pair.drifted(Difference(STATUS, wanted, live, Cause.DRIFT, record), Fate.KEPT)
    known = next((each for each in diff.drifted if each.path == STATUS), one)
    is_paused = pair.rules.lifecycle.is_paused(live)
    left = replace(known, fate=Fate.KEPT, held_back=_held_back(pair))
    one = replace(left, is_paused=is_paused, is_finished=not is_paused)
    diff.drifted[:] = [one if each is known else each for each in diff.drifted]
    agreeing = _agreeing(pair, live, one.held_back)
    if is_paused:
        hint = f"{_going_on(pair, wanted, one.held_back)}; or {agreeing}"
        return pair.notice(Topic.PAUSED, one, pair.desired.source, hint)
    hint = f"{agreeing}, or {pair.anew} to declare it anew"
    return pair.notice(Topic.FINISHED, one, pair.desired.source, hint)


def _going_on(pair: Pair, wanted: Leaf, held_back: Sequence[str]) -> str:
    """Return what becomes of a paused incident: the API moves none, and people may have it go on any minute."""
    if pair.rules.lifecycle.category(wanted) in {LEARNING, CLOSED}:
        return f"the API moves no paused incident: people must resume it first, or bring it to {wanted.text} themselves"
    if not held_back:
        return "it is left so until people resume it"
    return f"its open update{' is' if len(held_back) == 1 else 's are'} posted once people resume it"


def _held_back(pair: Pair) -> tuple[str, ...]:
    """Return the updates that are not posted, as the incident is over."""
    return tuple(one.key.child[1] for one in pair.updates.open)


def _agreeing(pair: Pair, live: Leaf, held_back: tuple[str, ...]) -> str:
    """Return how a manifest says what people chose: its own status is that of the last update with one."""
    says = f"`status: {live.text}`"
    movers = [child.key.child[1] for child in pair.updates.declared if STATUS in child.leaves]
    if not movers:
        return f"write {says} to agree"
    too = " and below `spec:`" if "status" in pair.desired.manifest.spec else ""
    if movers[-1] in held_back:
        return f"write {says} into update `{movers[-1]}`{too} to agree"
    return f"add an update with a message and {says}{', and write it below `spec:`,' if too else ''} to agree"
