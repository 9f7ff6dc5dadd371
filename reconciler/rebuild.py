"""A plan and what was remembered in; a state that holds what was found, and how sure each finding is, out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from reconciler import identity, learning
from reconciler.alike import is_called
from reconciler.state import REBUILT, Record, merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import Key, Live, Plan
    from reconciler.state import Memory

LIKELY_WAYS = frozenset({"name", "look-alike"})


class Sure(Enum):
    """How sure it is that an object is what a manifest means; what is unsure is not written."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNSURE = "unsure"
    ABSENT = "absent"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one resource: `known_as` is its reference or ID, `why` how it was found or why not."""

    key: Key
    sure: Sure
    known_as: str = ""
    why: str = ""
    hint: str = ""


def findings(plan: Plan, memory: Memory, shown: Plan | None = None) -> list[Finding]:
    """Return how sure it is of each resource: declared ones as they were looked for, others as they are remembered.

    `shown` is the plan as it may be told, where that is not all of it.
    """
    memory = learning.followed(plan, memory)
    return sorted(_findings(shown or plan, memory, doubts(plan, memory)), key=lambda one: one.key)


def doubts(plan: Plan, memory: Memory) -> dict[Key, str]:
    """Return what speaks against the objects that state tells; nothing of one that carries its own key."""
    found = {}
    for key, how in plan.found_by.items():
        record, live = memory.record(key), plan.live[key]
        if how != "state" or record is None or _carries_own_key(key, record, live, memory.state.workspace):
            continue
        if told := _contradiction(record, live):
            found[key] = told
    return found


def _contradiction(record: Record, live: Live) -> str:
    known = live.reference or live.id
    if record.reference and live.reference and record.reference != live.reference:
        return f"state tells the ID of {known} and the reference {record.reference}"
    if record.mode and live.raw.get("mode", record.mode) != record.mode:
        return f"{known} has another mode than the one that was declared"
    if record.names and not any(is_called(live.raw["name"], name) for name in record.names):
        return f"{known} is not called as it was when it was last written"
    return ""


def _carries_own_key(key: Key, record: Record, live: Live, namespace: str) -> bool:
    own = identity.idempotency_key(namespace, key, record.generation)
    fields = [one["custom_field"]["id"] for one in live.raw.get("custom_field_entries", ())]
    return any(identity.marker(live.raw, field) == own for field in fields)


def _findings(plan: Plan, memory: Memory, doubtful: Mapping[Key, str]) -> Iterator[Finding]:
    refused = {one.key: one for one in plan.refusals}
    for key in plan.declared:
        how = plan.found_by.get(key)
        if key in doubtful:
            hint = f"if state is right, leave it; if not, `reconciler state rm {key}` and run this again"
            yield Finding(key, Sure.UNSURE, why=doubtful[key], hint=hint)
        elif how:
            live = plan.live[key]
            yield Finding(key, Sure.LIKELY if how in LIKELY_WAYS else Sure.CERTAIN, live.reference or live.id, how)
        elif (known := refused.get(key)) and key not in plan.absent:
            yield Finding(key, Sure.UNSURE, why=known.message, hint=known.hint)
        else:
            yield Finding(key, Sure.ABSENT, why="no object found")
    for key, record in memory.state.records.items():
        if not key.child and key not in plan.declared:
            yield Finding(key, Sure.KEPT, record.reference or record.id, "no manifest declares it")


def rebuilt(plan: Plan, memory: Memory) -> Memory:
    """Return what is remembered, with all that was found in it; what is unsure stays as it was."""
    memory = learning.followed(plan, memory)
    unsure = doubts(plan, memory)
    bare: Mapping[Key, Record] = {
        key: Record(
            id=live.id,
            how=REBUILT,
            generation=plan.generations.get(key, "1"),
            reference=live.reference,
            link=live.link,
        )
        for key, live in plan.live.items()
        if not _is_known(key, live.id, memory)
    }
    seen = {
        key: one for key, one in learning.learned(plan, memory).items() if key.parent in plan.found_by.keys() - unsure
    }
    state = merge(merge(memory.state, bare), seen)
    return learning.forget(replace(memory, state=state), plan)


def _is_known(key: Key, identifier: str, memory: Memory) -> bool:
    record = memory.record(key)
    return record is not None and record.id == identifier
