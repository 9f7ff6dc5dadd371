"""Changes → the same, so that no two objects hold one value of a distinct field (a rank, a name) at a time. Pure.

Who moves to a value that another one holds waits until that one has left. Where several wait for each other in a
circle, one of them steps aside first, to a value that is free.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import alike, kinds
from reconciler.model import Change, Create, Edit, Leaf, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model import Key, Leaves, Live, Path, Step

Slot = tuple[Any, Any]
"""Group and value: where only one object may be at a time."""

NAME = "name"


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
        return group, self.place(live.leaves[self.path].value)

    def place(self, value: Any) -> Any:
        """Return a value as two of them are compared."""
        return alike.title(value) if self.name == NAME else value

    def free(self, move: Move, taken: set[Slot]) -> Any:
        """Return a value that nothing holds or will hold: the next number, or the name with a mark behind it."""
        group = move.to[0]
        if self.name != NAME:
            return 1 + max(value for there, value in taken if there == group and isinstance(value, int))
        longest = kinds.KINDS[self.kind].fields[NAME].type.schema().get("maxLength", LONGEST)
        number = 1
        while True:
            mark = f" ({number})"
            value = f"{str(move.to[1])[: longest - len(mark)]}{mark}"
            if (group, value) not in taken:
                return value
            number += 1


LONGEST = 50
"""Characters of a name for a moment, where its kind does not say how long one may be."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change that takes an object to a slot, and the slot that it leaves (None for a new one)."""

    change: Create | Edit
    to: Slot
    away_from: Slot | None


@dataclass(slots=True)
class Exchange:
    """The moves of each distinct field by the names of their steps, and which waits for which."""

    moves: Mapping[Distinct, Mapping[Step, Move]]
    taken: Mapping[Distinct, set[Slot]]
    waits: dict[Step, dict[Distinct, Step]] = field(default_factory=dict)
    rooms: dict[Step, Edit] = field(default_factory=dict)
    """The steps aside, by the name of the step that they come before."""

    def settle(self) -> None:
        """Let each wait for who leaves its slot, and break each circle by a step aside."""
        for distinct, moves in self.moves.items():
            leaving = {move.away_from: name for name, move in moves.items() if move.away_from}
            for name, move in moves.items():
                if leaving.get(move.to, name) != name:
                    self.waits.setdefault(name, {})[distinct] = leaving[move.to]
        while found := _circle(self.waits):
            self._step_aside(*found)

    def _step_aside(self, waiting: Step, first: Step) -> None:
        """Let one of a circle leave its slot before its own change, so that `waiting` need not wait for that."""
        distinct = next(distinct for distinct, name in self.waits[waiting].items() if name == first)
        aside = self.rooms[first] = self._aside(distinct, first)
        for waits in self.waits.values():
            if waits.get(distinct) == first:
                waits[distinct] = step(aside)

    def ordered(self, changes: Iterable[Change]) -> Iterable[Change]:
        """Yield the changes with what each waits for, a step aside before the change that it makes possible."""
        for change in changes:
            name = step(change)
            after = list(dict.fromkeys(self.waits.get(name, {}).values()))
            if aside := self.rooms.get(name):
                yield aside
                after.append(step(aside))
            yield replace(change, after=(*change.after, *after)) if after else change

    def _aside(self, distinct: Distinct, name: Step) -> Edit:
        """Return the edit that takes an object to a value that is free, beside those that it goes to already."""
        move = self.moves[distinct][name]
        change = move.change
        assert isinstance(change, Edit)  # a new object leaves no slot, so nothing waits for it
        assert change.live is not None
        free = distinct.free(move, self.taken[distinct])
        self.taken[distinct].add((move.to[0], free))
        before = self.rooms.get(name)
        sent: Leaves = {**(before.sent if before else {}), distinct.path: Leaf.plain(free)}
        kind = kinds.KINDS[distinct.kind]
        request = replace(change.request, body=kind.whole_body(change.live.raw, sent))
        return replace(change, request=request, sent=sent, fields=(), makes_room=True)


def exchange(
    changes: Sequence[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]
) -> Sequence[Change]:
    """Return the changes with the waits and the steps aside that every distinct field needs.

    `live` are the objects of each kind, `groups` the value of the field that a distinct one is distinct within, by key.
    """
    moves = {}
    for distinct in _distinct_fields():
        found = {step(one): move for one in changes if (move := _move(one, distinct, groups))}
        if found:
            moves[distinct] = found
    taken = {
        distinct: {distinct.slot(one) for one in live.get(distinct.kind, ())} | {one.to for one in found.values()}
        for distinct, found in moves.items()
    }
    settled = Exchange(moves, taken)
    settled.settle()
    return list(settled.ordered(changes))


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
        if kind.natural_key:
            yield Distinct(kind.name, NAME, "")


def _move(change: Change, distinct: Distinct, groups: Mapping[Key, Any]) -> Move | None:
    if not isinstance(change, Create | Edit) or change.key.kind != distinct.kind or change.key.child:
        return None
    if distinct.path not in change.sent:
        return None
    group = groups.get(change.key) if distinct.within else None
    to = group, distinct.place(change.sent[distinct.path].value)
    live = change.live if isinstance(change, Edit) else None
    return Move(change, to, distinct.slot(live) if live else None)


def _circle(waits: Mapping[Step, Mapping[Distinct, Step]]) -> tuple[Step, Step] | None:
    """Return who waits and whom for, where a circle closes; None where there is none."""
    done: set[Step] = set()
    for start in waits:
        way: dict[Step, list[Step]] = {start: list(waits[start].values())}
        while way:
            now = next(reversed(way))
            if not way[now]:
                done.add(now)
                del way[now]
                continue
            following = way[now].pop(0)
            if following in way:
                return now, following
            if following not in done:
                way[following] = list(waits.get(following, {}).values())
    return None
