"""A resource that was compared in; what state should learn of it before anything is sent out. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.diff import standing
from reconciler.diff.pair import STATUS
from reconciler.diff.rules import observation
from reconciler.diff.unlearned import news
from reconciler.diff.updates import MOVES
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Cause, Observation

if TYPE_CHECKING:
    from reconciler.diff.fields import Verdicts
    from reconciler.diff.pair import Pair
    from reconciler.diff.rules import Diff
    from reconciler.model import Leaves, Path
    from reconciler.state.record import Record


def note(pair: Pair, differing: set[Path], stuck: tuple[Path, ...], verdicts: Verdicts, diff: Diff) -> None:
    """Note what state should learn: what stands as declared, and what people did to an incident before it was ours.

    What is theirs counts as drifted from what is declared, as if that had once been sent: so it is told as kept in
    every plan, and what they do to it next is theirs as well.
    """
    theirs = _theirs(pair, stuck, verdicts)
    stands = {path: leaf for path, leaf in pair.desired.leaves.items() if path not in differing - theirs}
    found = _as_found(pair, verdicts)
    stands |= found
    before = replace(pair.live, leaves=pair.live.leaves | {path: pair.desired.leaves[path] for path in theirs})
    seen = observation(pair.desired, pair.match, before, stands, pair.record, pair.rules)
    if seen:
        diff.observed[pair.key] = replace(seen, found=tuple(path for path in seen.declared if path in found))


def note_unlearned(pair: Pair, noted: Record | None, by_now: Record | None, diff: Diff) -> None:
    """Note what was written whose answers nobody noted, and what people accepted, if nothing newer is told."""
    if noted is None or by_now is None or noted is by_now or diff.refusals:
        return
    seen = diff.observed.get(pair.key) or Observation(pair.live.id, noted.how, {}, {})
    told = news(noted, by_now, MOVES)
    newer = {path: leaf for path, leaf in seen.answered.items() if path in seen.declared}
    diff.observed[pair.key] = replace(seen, declared=told.declared | seen.declared, answered=told.answered | newer)


def _theirs(pair: Pair, stuck: tuple[Path, ...], verdicts: Verdicts) -> set[Path]:
    """Return what is kept although nothing is recorded of it: people's values, and a status brought further."""
    theirs = {one.path for one in verdicts.keep if one.cause is Cause.UNRECORDED}
    is_known = pair.record is not None and "status" in pair.record.fields
    return theirs | ({STATUS} if standing.is_over(pair, stuck) and not is_known else set())


def _as_found(pair: Pair, verdicts: Verdicts) -> Leaves:
    """Return what an incident held that will be written over and is not recorded, nothing too.

    A run may die before it is: what people do to it then is told from what was there. Timestamps that were not set are
    set by the server as well, where the incident moves.
    """
    unrecorded = (one for one in verdicts.write if one.cause is Cause.UNRECORDED and pair.kind is INCIDENT)
    return {one.path: one.live for one in unrecorded if one.live.value is not None or one.field != "timestamps"}
