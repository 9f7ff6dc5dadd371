"""A plan and what was remembered in; a state that holds what was found, and how sure each finding is, out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from reconciler import learning
from reconciler.state import REBUILT, Record, merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import Key, Plan
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


def findings(plan: Plan, memory: Memory) -> list[Finding]:
    """Return how sure it is of each resource: declared ones as they were looked for, others as they are remembered."""
    return sorted(_findings(plan, learning.followed(plan, memory)), key=lambda one: one.key)


def _findings(plan: Plan, memory: Memory) -> Iterator[Finding]:
    refused = {one.key: one for one in plan.refusals}
    for key in plan.declared:
        how = plan.found_by.get(key)
        if how:
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
    seen = {key: one for key, one in learning.learned(plan, memory).items() if key.parent in plan.found_by}
    state = merge(merge(memory.state, bare), seen)
    return learning.forget(replace(memory, state=state), plan)


def _is_known(key: Key, identifier: str, memory: Memory) -> bool:
    record = memory.record(key)
    return record is not None and record.id == identifier
