"""Changes → the same, so that no two objects hold one value of a distinct field (a rank) at a time. Pure.

Who moves to a value that another one holds waits until that one has left. Where several wait for each other in a
circle, one of them steps aside first, to a value that is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.model import Change, Create, Edit, Leaf, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model import Key, Leaves, Live, Path, Step

Slot = tuple[Any, Any]
"""Group and value: where only one object may be at a time."""


@dataclass(frozen=True, slots=True)
class Distinct:
    """A field that no two objects share the value of, within the group that another field makes ("" for all)."""

    kind: str
    name: str
    within: str

    @property
    def path(self) -> Path:
        """Return where it stands in a resource."""
        return (self.name,)

    def slot(self, live: Live) -> Slot:
        """Return where an object is."""
        group = live.leaves[self.within,].value if self.within else None
        return group, live.leaves[self.path].value


@dataclass(frozen=True, slots=True)
class Move:
    """A change that takes an object to a slot, and the slot that it leaves (None for a new one)."""

    change: Create | Edit
    to: Slot
    away_from: Slot | None


@dataclass(slots=True)
class Exchange:
    """The moves of one field by the names of their steps, and which waits for which."""

    distinct: Distinct
    moves: Mapping[Step, Move]
    taken: set[Slot]
    waits: dict[Step, Step] = field(default_factory=dict)
    rooms: dict[Step, Edit] = field(default_factory=dict)
    """The steps aside, by the name of the step that they come before."""

    def settle(self) -> None:
        """Let each wait for who leaves its slot, and break each circle by a step aside."""
        leaving = {move.away_from: name for name, move in self.moves.items() if move.away_from}
        self.waits = {name: leaving[move.to] for name, move in self.moves.items() if leaving.get(move.to, name) != name}
        for first in _one_of_each_circle(self.waits):
            aside = self.rooms[first] = self._aside(self.moves[first])
            self.waits = {name: step(aside) if other == first else other for name, other in self.waits.items()}

    def ordered(self, changes: Iterable[Change]) -> Iterable[Change]:
        """Yield the changes with what each waits for, a step aside before the change that it makes possible."""
        for change in changes:
            name = step(change)
            after = [self.waits[name]] if name in self.waits else []
            if aside := self.rooms.get(name):
                yield aside
                after.append(step(aside))
            yield replace(change, after=(*change.after, *after)) if after else change

    def _aside(self, move: Move) -> Edit:
        """Return the edit that takes an object to a value that nothing holds or will hold."""
        change = move.change
        assert isinstance(change, Edit)  # a new object leaves no slot, so nothing waits for it
        assert change.live is not None
        group = move.to[0]
        free = 1 + max(value for there, value in self.taken if there == group and isinstance(value, int))
        self.taken.add((group, free))
        kind = kinds.KINDS[self.distinct.kind]
        sent: Leaves = {self.distinct.path: Leaf.plain(free)}
        request = replace(change.request, body=kind.whole_body(change.live.raw, sent))
        return replace(change, request=request, sent=sent, fields=(), makes_room=True)


def exchange(
    changes: Sequence[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]
) -> Sequence[Change]:
    """Return the changes with the waits and the steps aside that every distinct field needs.

    `live` are the objects of each kind, `groups` the value of the field that a distinct one is distinct within, by key.
    """
    for distinct in _distinct_fields():
        moves = {step(one): move for one in changes if (move := _move(one, distinct, groups))}
        if moves:
            taken = {distinct.slot(one) for one in live.get(distinct.kind, ())} | {one.to for one in moves.values()}
            found = Exchange(distinct, moves, taken)
            found.settle()
            changes = list(found.ordered(changes))
    return changes


def taken(
    changes: Sequence[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]
) -> dict[Key, tuple[str, Live]]:
    """Return whose changes want a place that an object holds which no change moves away: the field and the holder.

    Only fields that are distinct within a group count: there the API is known to refuse a second holder.
    """
    blocked = {}
    for distinct in (one for one in _distinct_fields() if one.within):
        moves = [move for one in changes if (move := _move(one, distinct, groups))]
        leaving = {move.away_from for move in moves}
        held = {distinct.slot(one): one for one in live.get(distinct.kind, ())}
        for move in moves:
            holder = held.get(move.to)
            own = move.change.live.id if isinstance(move.change, Edit) and move.change.live else ""
            if holder and holder.id != own and move.to not in leaving:
                blocked[move.change.key] = (distinct.name, holder)
    return blocked


def _distinct_fields() -> Iterable[Distinct]:
    for kind in kinds.KINDS.values():
        for name, row in kind.fields.items():
            if row.distinct is not None:
                yield Distinct(kind.name, name, row.distinct)


def _move(change: Change, distinct: Distinct, groups: Mapping[Key, Any]) -> Move | None:
    if not isinstance(change, Create | Edit) or change.key.kind != distinct.kind or change.key.child:
        return None
    if distinct.path not in change.sent:
        return None
    to = groups.get(change.key), change.sent[distinct.path].value
    live = change.live if isinstance(change, Edit) else None
    return Move(change, to, distinct.slot(live) if live else None)


def _one_of_each_circle(waits: Mapping[Step, Step]) -> list[Step]:
    seen: set[Step] = set()
    firsts = []
    for start in waits:
        way: list[Step] = []
        now: Step | None = start
        while now is not None and now not in seen:
            seen.add(now)
            way.append(now)
            now = waits.get(now)
        if now is not None and now in way:
            firsts.append(now)
    return firsts
