"""What a plan saw, and what it follows, in; what state remembers from then on out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.state import CHANGED, Record, remember

if TYPE_CHECKING:
    from reconciler.model import Key, Observation, Plan
    from reconciler.state import Journal, Memory


def followed(plan: Plan, memory: Memory) -> Memory:
    """Return memory with the names that a plan gives, and the tombstones that it manages again."""
    for rename in plan.renames:
        memory = memory.renamed(rename.old, rename.new, rename.idempotency_key)
    return memory.revived(plan.revived)


def follow(plan: Plan, memory: Memory, journal: Journal) -> Memory:
    """Note the names and tombstones that the plan follows, and return memory with them."""
    for rename in plan.renames:
        journal.renamed(rename)
    again = followed(plan, memory)
    journal.observed({key: one for key, one in again.state.records.items() if key.parent in plan.revived})
    return again


def learned(plan: Plan, memory: Memory) -> dict[Key, Record]:
    """Return a record of each resource and child that a plan saw."""
    return {key: _record(seen, memory.record(key)) for key, seen in plan.observed.items()}


def _record(seen: Observation, known: Record | None) -> Record:
    # It holds what is new of a known object: without what is known already, it tells too little to go by.
    is_known = known is not None and known.id == seen.id
    return Record(
        id=seen.id,
        how=CHANGED if is_known else seen.how,
        generation=seen.generation,
        mode=seen.mode,
        on_remove=seen.on_remove,
        protect=seen.protect,
        reference=seen.reference,
        link=seen.link,
        idempotency_key=seen.idempotency_key,
        fields=remember(seen.declared, seen.answered, seen.found),
    )


def forget(memory: Memory, plan: Plan) -> Memory:
    """Return memory without the fields that manifests no longer state."""
    forgotten = {key: seen.forgotten for key, seen in plan.observed.items() if seen.forgotten}
    return memory.without(forgotten)
