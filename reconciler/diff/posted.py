"""The updates of an incident that exists: which wait to be posted, and what the steps before them left. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler import refs
from reconciler.diff.creation import declared_with
from reconciler.diff.strangers import doubt
from reconciler.diff.unlearned import as_posted, held_at
from reconciler.diff.updates import MOVES, Posting, asked_for, moved_by_people, tell_passed_over
from reconciler.model import Child, Notice, Observation, Path, Refusal, Topic, Why
from reconciler.state.record import path_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from reconciler.diff.pair import Pair
    from reconciler.diff.rules import Diff
    from reconciler.model import Key, Leaf


@dataclass(frozen=True, slots=True)
class Waiting:
    """Updates that wait to be posted; `left` are the values that the steps before them left."""

    updates: tuple[Child, ...] = ()
    left: Mapping[Path, Any] = field(default_factory=dict)
    held: Collection[tuple[Key, Path]] = ()
    """Moves that gave way when an earlier run began."""

    @property
    def driven(self) -> set[Path]:
        """Return the moves that these updates make, so that no edit makes them."""
        return {path for child in self.updates for path in MOVES if path in child.leaves}

    @property
    def anew(self) -> set[Path]:
        """Return the moves that updates make which did not give way before."""
        moves = ((child.key, path) for child in self.updates for path in MOVES if path in child.leaves)
        return {path for key, path in moves if (key, path) not in self.held}


def waiting(pair: Pair, diff: Diff, *, is_over: bool) -> Waiting | Refusal:
    """Return what waits to be posted, noting what is found posted; none where the incident `is_over`."""
    updates = pair.updates
    _tell_frozen(pair, diff)
    tell_passed_over(updates.declared, pair.rules.memory, diff)
    if not is_over and (refusal := _cannot_post(pair)):
        return refusal
    for child in updates.declared:
        if child.key in updates.posted:
            identifier, leaves = updates.posted[child.key]
            said = as_posted(child, pair.rules.memory)
            diff.observed[child.key] = Observation(identifier, "found", said, leaves or said)
            if not identifier:
                told = f"update `{child.key.child[1]}` counts as posted, as one after it was, though it is not in sight"
                hint = "if it never was, move it to the end of `updates`, with another `id`"
                diff.notices.append(Notice(Topic.WARNING, child.key, told, child.source, hint))
    if is_over:
        return Waiting()
    left = {path: value for path in MOVES if (value := _left(pair, path)) is not None}
    return Waiting(tuple(updates.open), left, frozenset(_held(pair)))


def _held(pair: Pair) -> Iterator[tuple[Key, Path]]:
    """Yield the moves that gave way when an earlier run began, and that nobody changed since: neither side of them."""
    known = pair.record.fields if pair.record else {}
    for child in pair.updates.open:
        for path in MOVES:
            record = known.get(path_text(held_at(child, path)))
            wanted, live = child.leaves.get(path), pair.live.leaves.get(path)
            if record and wanted and live and (record.sent, record.answered) == (wanted.value, live.value):
                yield child.key, path


def note_held(pair: Pair, plan: Posting, diff: Diff) -> None:
    """Note all moves that give way before the first update is posted: a run that dies on the way leaves some for later.

    Without it they would look as if they were declared since, and asked anew. The move of an update that is passed
    over is noted as the incident's own: no answer ever tells of it.
    """
    moves: dict[Path, tuple[Leaf, Leaf]] = {}
    for child, path in plan.kept if plan.posts else ():
        at = path if child in plan.unsaid else held_at(child, path)
        if path in pair.live.leaves and not any(refs.find([child.leaves[path].value])):
            moves[at] = child.leaves[path], pair.live.leaves[path]
    if not moves:
        return
    how = pair.record.how if pair.record else pair.match.how
    seen = diff.observed.get(pair.key) or Observation(pair.live.id, how, {}, {})
    declared = {path: wanted for path, (wanted, _) in moves.items()}
    answered = {path: live for path, (_, live) in moves.items()}
    diff.observed[pair.key] = replace(seen, declared=seen.declared | declared, answered=seen.answered | answered)


def _left(pair: Pair, path: Path) -> object:
    """Return the value that our own steps left: the one answered, else what the posted updates or the create set."""
    record = pair.record.fields.get(str(path[0])) if pair.record else None
    if record is not None:
        return record.answered
    moved = moved_by_people(pair.around.updates or (), declared_with(pair))
    if path in moved:
        open_ones = pair.updates.open
        # What was posted behind the move of people went without its own, or said the same: it left nothing.
        posted = [child for child in _posted_before(pair, moved[path]) if path in child.leaves]
        before = [*(child.leaves[path] for child in posted[-1:]), pair.desired.creation.get(path)]
        return next((leaf.value for leaf in before if leaf), "") if open_ones else None
    return None


def _posted_before(pair: Pair, place: int) -> Iterator[Child]:
    """Yield the declared updates that are posted, and stand before a place in the timeline as far as can be told."""
    updates = pair.updates
    places = {one["id"]: at for at, one in enumerate(pair.around.updates or ())}
    told = dict(updates.known) | {key: identifier for key, (identifier, _) in updates.posted.items()}
    return (child for child in updates.declared if child.key in told and places.get(told[child.key], -1) < place)


def _cannot_post(pair: Pair) -> Refusal | None:
    updates, open_ones = pair.updates, pair.updates.open
    asked = {key for key, (there, _) in updates.posted.items() if there and asked_for(pair.rules.memory, key)}
    surely = asked | updates.known.keys()
    last = max((at for at, child in enumerate(updates.declared) if child.key in surely), default=0)
    late = next((child for child in updates.declared[:last] if child in open_ones), None)
    if late:
        name = late.key.child[1]
        return Refusal(
            Why.IMPOSSIBLE,
            pair.key,
            late.source,
            f"update `{name}` stands before one that was posted, and posted updates keep their order",
            "move it to the end of `updates`",
        )
    return doubt(pair)


def _tell_frozen(pair: Pair, diff: Diff) -> None:
    for child in pair.updates.declared:
        record = pair.rules.memory.record(child.key)
        if record is None:
            continue
        now = {str(path[0]): leaf.value for path, leaf in child.leaves.items()}
        sent = {path: kept.sent for path, kept in record.fields.items()}
        # A move that was left out when it was posted is no edit of the manifest.
        edited = [name for name, value in now.items() if name in sent and sent[name] != value]
        edited += [name for name in sent if name not in now]
        if edited:
            message = f"update `{child.key.child[1]}` was posted and cannot be edited; its {' and '.join(edited)} stays"
            hint = "put the old text back, or add an update that corrects it"
            diff.notices.append(Notice(Topic.FROZEN, child.key, message, child.source, hint))
