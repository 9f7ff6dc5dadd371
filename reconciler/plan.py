"""Stage 6: Changes → an order that works: what others need first, and no two objects in one place at a time. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from reconciler import kinds, refs
from reconciler.model import Change, Create, Edit, Key, Leaf, Step, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model import Leaves, Live, Path

Slot = tuple[str, Any, Any]
"""Kind, group and value: where only one object may be at a time."""


def order(changes: Iterable[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]) -> list[Change]:
    """Return the changes so that each comes after all it needs, otherwise as they were given.

    `live` are the objects of each kind, `groups` the live or stated value of the field that a distinct one is
    distinct within, by key. Raises `ValueError` where changes need each other, which no manifest can express.
    """
    placed = _exchange(list(changes), live, groups)
    steps = {step(change): change for change in placed}
    needs = {name: _needs(change, steps) for name, change in steps.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise ValueError(" -> ".join(map(str, error.args[1]))) from None
    done: dict[Step, None] = {}
    for name in steps:
        _visit(name, needs, done)
    return [replace(steps[name], after=tuple(needs[name])) for name in done]


def _needs(change: Change, steps: Mapping[Step, Change]) -> list[Step]:
    """Return the steps before a change: those it names, and those that make what its request refers to."""
    request = getattr(change, "request", None)
    referred = [Step(Create.verb, ref.key) for ref in refs.of_request(request)] if request else []
    return [name for name in dict.fromkeys([*change.after, *referred]) if name in steps]


def _visit(name: Step, needs: Mapping[Step, Sequence[Step]], done: dict[Step, None]) -> None:
    """Put a step behind all that it needs; without recursion, as one incident may have hundreds of steps."""
    waiting = [name]
    while waiting:
        now = waiting[-1]
        missing = [one for one in needs[now] if one not in done]
        if missing:
            waiting += missing[:1]
        else:
            done.setdefault(waiting.pop())


@dataclass(frozen=True, slots=True)
class _Move:
    """A change that takes an object to a slot, and the slot that it leaves."""

    change: Create | Edit
    to: Slot
    away_from: Slot | None


def _exchange(changes: list[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]) -> list[Change]:
    """Let each change to a distinct field wait for whoever holds its value to leave, and break circles."""
    for kind in kinds.KINDS.values():
        for name, row in kind.fields.items():
            if row.distinct is not None:
                changes = _exchange_field(changes, (kind.name, name, row.distinct), live.get(kind.name, ()), groups)
    return changes


def _exchange_field(
    changes: list[Change], field: tuple[str, str, str], live: Sequence[Live], groups: Mapping[Key, Any]
) -> list[Change]:
    kind, name, within = field
    path: Path = (name,)
    moves = {
        step(change): _Move(change, (kind, groups.get(change.key), change.sent[path].value), _slot(change, field))
        for change in changes
        if isinstance(change, Create | Edit)
        and change.key.kind == kind
        and path in change.sent
        and not change.key.child
    }
    if not moves:
        return changes
    leaving = {move.away_from: name for name, move in moves.items() if move.away_from}
    waits = {name: leaving[move.to] for name, move in moves.items() if move.to in leaving and leaving[move.to] != name}
    used = defaultdict(set)
    for one in live:
        used[_group(one, within)].add(one.leaves[path].value)
    rooms: dict[Step, Edit] = {}
    for first in _circles(waits):
        move = moves[first]
        group = move.to[1]
        taken = {value for value in used[group] if isinstance(value, int)} | {
            one.to[2] for one in moves.values() if one.to[1] == group
        }
        free = max(taken, default=0) + 1
        used[group].add(free)
        rooms[first] = _make_room(move.change, path, free)
        # Whoever waits for this one waits for it to step aside only.
        waits = {name: step(rooms[first]) if other == first else other for name, other in waits.items()}
    result: list[Change] = []
    for change in changes:
        mine = step(change)
        if mine in rooms:
            result.append(rooms[mine])
        extra = tuple(one for one in (waits.get(mine), step(rooms[mine]) if mine in rooms else None) if one)
        result.append(replace(change, after=(*change.after, *extra)) if extra else change)
    return result


def _slot(change: Create | Edit, field: tuple[str, str, str]) -> Slot | None:
    kind, name, within = field
    if isinstance(change, Create) or change.live is None:
        return None
    return kind, _group(change.live, within), change.live.leaves[name,].value


def _group(live: Live, within: str) -> Any:
    return live.leaves[within,].value if within else None


def _circles(waits: Mapping[Step, Step]) -> list[Step]:
    """Return one step of each circle of steps that wait for each other."""
    seen: set[Step] = set()
    firsts = []
    for start in waits:
        path: list[Step] = []
        now: Step | None = start
        while now is not None and now not in seen:
            seen.add(now)
            path.append(now)
            now = waits.get(now)
        if now in path:
            firsts.append(now)
    return [first for first in firsts if first is not None]


def _make_room(change: Create | Edit, path: Path, value: int) -> Edit:
    assert isinstance(change, Edit)  # only what exists holds a value
    body = {**change.live.raw} if change.live else {}
    kind = kinds.KINDS[change.key.kind]
    body = {name: one for name, one in body.items() if name not in kind.server_fields}
    sent: Leaves = {path: Leaf.plain(value)}
    request = replace(change.request, body=body | kind.body(sent))
    return replace(change, request=request, sent=sent, fields=(), makes_room=True)
