"""What was found and is remembered in; what else must be read of it before it can be compared out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.identity import Absent
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import TIMELINE, UPDATE
from reconciler.model import EDIT, Step
from reconciler.state.memory import MOVES

if TYPE_CHECKING:
    from reconciler.finding import Found
    from reconciler.model import Child, Key
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be read: the updates and timeline items of these incidents (IDs), and whether workflows are."""

    updates_of: list[str]
    timeline_of: list[str]
    workflows: bool


def details(found: Found, memory: Memory, workspace: Workspace, *, every: bool = False) -> Wanted:
    """Return what lists do not tell of what was found; with `every` also what only others can have changed."""
    every = every or workspace.on_drift is not None
    return Wanted(updates(found, memory), timeline(found, memory, every=every), workflows(found))


def updates(found: Found, memory: Memory) -> list[str]:
    """Return the incidents (IDs) whose updates must be read: not all of theirs, or of what moved them, is known."""
    memory = found.recall(memory)
    return [
        identifier
        for identifier, one in found.incidents.items()
        if _is_strange(one.key, memory)
        or _was_moving(one.key, memory)
        or any(child.key.child[0] == UPDATE.noun and memory.record(child.key) is None for child in one.children)
    ]


def _was_moving(key: Key, memory: Memory) -> bool:
    """Return whether an earlier run never learned whether it moved an incident: people may have moved it back."""
    pending = memory.pending.get(Step(EDIT, key))
    return pending is not None and any(name in pending.sent for name in MOVES)


def _is_strange(key: Key, memory: Memory) -> bool:
    record = memory.record(key)
    return record is None or record.is_bare or record.how == "key"


def timeline(found: Found, memory: Memory, *, every: bool = False) -> list[str]:
    """Return the incidents (IDs) whose timeline items must be read: some changed, or are not known to exist.

    With `every` those of all incidents that declare some.
    """
    memory = found.recall(memory)
    return [
        identifier
        for identifier, one in found.incidents.items()
        if any(child.key.child[0] == TIMELINE.noun and (every or _is_open(child, memory)) for child in one.children)
    ]


def _is_open(child: Child, memory: Memory) -> bool:
    record = memory.record(child.key)
    if record is None or Step(EDIT, child.key) in memory.pending:
        return True
    sent = {path: kept.sent for path, kept in record.fields.items()}
    return any(sent.get(str(path[0])) != leaf.value for path, leaf in child.leaves.items())


def workflows(found: Found) -> bool:
    """Return whether some incident does not exist yet, so that workflows may run on it."""
    return any(isinstance(match, Absent) and key.kind == INCIDENT.name for key, match in found.matches.items())
