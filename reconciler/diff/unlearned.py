"""What a run that died wrote without learning of it: it was written by us, and by nobody else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import refs
from reconciler.alike import is_alike
from reconciler.diff.updates import MOVES, asked_for, has_moved
from reconciler.kinds.incident import UPDATE
from reconciler.model import Leaf, Observation
from reconciler.state.record import FieldRecord, path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.diff.updates import Recognised
    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Child, Leaves, Path
    from reconciler.state.memory import Intent, Memory
    from reconciler.state.record import Record


def caught_up(record: Record | None, updates: Recognised, memory: Memory, lifecycle: Lifecycle) -> Record | None:
    """Return the record as if the answers to the updates that are found posted had been noted.

    A run may have died before it learned of an update; what that moved, was moved by us and by nobody else. Of what a
    person or a search told, nothing is known that could be caught up with.
    """
    if record is None or record.is_bare:
        return record
    moves = {
        str(path[0]): FieldRecord(said[path].value, leaves[path].value)
        for child in updates.declared
        for said, leaves in [(as_posted(child, memory), updates.posted.get(child.key, ("", {}))[1])]
        for path in MOVES
        # An update that says another status went without its move; in triage that was nobody's wish.
        if path in said and path in leaves and not (path == ("status",) and lifecycle.is_triage(leaves[path]))
    }
    return record.learn(moves) if moves else record


def as_posted(child: Child, memory: Memory) -> Leaves:
    """Return what an update that stands in the timeline says; its moves as they were asked for, where that is known.

    A move that it went without, as it gave way to people's, counts as said.
    """
    asked = asked_for(memory, child.key)
    if asked is None:
        return child.leaves
    incident = memory.record(child.key.parent)
    said = {path: leaf for path, leaf in child.leaves.items() if path not in MOVES}
    for path in MOVES:
        name, declared = path_text(path), child.leaves.get(path)
        if name in asked.sent:
            is_same = declared is not None and declared.value == asked.sent[name]
            said[path] = declared if declared and is_same else Leaf.plain(asked.sent[name])
        elif declared and incident and path_text(held_at(child, path)) in incident.fields:
            said[path] = declared
    return said


def held_at(child: Child, path: Path) -> Path:
    """Return where an incident's record tells of a move that an update is to go without."""
    return (UPDATE.listed, child.key.child[1], *path)


def carried_out(
    record: Record | None, begun: Intent | None, live: Leaves, updates: Sequence[Mapping[str, Any]] = ()
) -> Record | None:
    """Return the record as if the answer to an edit had been noted, as far as it was carried out.

    A run may have died before it learned of what it wrote (`begun`). What stands there as it was sent was written by
    it, also as the server makes something else of it; of its moves the timeline tells, and people may have moved it
    back since.
    """
    if record is None or record.is_bare or begun is None:
        return record
    written = {
        name: FieldRecord(begun.sent[name], leaf.value)
        for name, leaf in ((path_text(path), leaf) for path, leaf in live.items() if path not in MOVES)
        if name in begun.sent and _is_written(begun.sent[name], leaf.value, record.fields.get(name))
    }
    moved = {
        str(path[0]): FieldRecord(wanted, wanted)
        for path in MOVES
        if (wanted := begun.sent.get(str(path[0]))) is not None and any(has_moved(one, path, begun) for one in updates)
    }
    return record.learn(written | moved) if written or moved else record


def _is_written(sent: Any, live: Any, before: FieldRecord | None) -> bool:
    """Return whether a value is what was sent, and not what stood there `before` and only looks like it."""
    return bool(live == sent or (before and before.answered != live and is_alike(sent, live)))


def news(noted: Record, by_now: Record, besides: Iterable[Path] = ()) -> Observation:
    """Return the fields that are known by now as they were not noted, and some others besides."""
    names = {name for name, kept in by_now.fields.items() if kept != noted.fields.get(name)}
    names |= {path_text(path) for path in besides}
    kept = {tuple(name.split("/")): by_now.fields[name] for name in names if name in by_now.fields}
    plain = {path: one for path, one in kept.items() if not any(refs.find([one.sent]))}
    declared: Leaves = {path: Leaf.plain(one.sent) for path, one in plain.items()}
    answered: Leaves = {path: Leaf.plain(one.answered) for path, one in plain.items()}
    return Observation(noted.id, noted.how, declared, answered)
