"""Incidents of a run → the plan that closes them: the way of what is not declared any more, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import reconcile
from reconciler.model import Edit
from reconciler.reconcile import Loaded

if TYPE_CHECKING:
    from collections.abc import Collection

    from reconciler.api import Client
    from reconciler.model import Key, Plan
    from reconciler.state import Memory
    from reconciler.workspace import Workspace


def only(memory: Memory, incidents: Collection[Key]) -> Memory:
    """Return what is remembered of some incidents: two of one run may have one title."""
    records = {key: one for key, one in memory.state.records.items() if key.parent in incidents}
    pending = {step: one for step, one in memory.pending.items() if step.key.parent in incidents}
    return replace(memory, state=replace(memory.state, records=records), pending=pending)


def closes(workspace: Workspace, client: Client, memory: Memory, incidents: Collection[Key]) -> Plan:
    """Return the plan that closes these incidents of a run, and does nothing to any other. GETs only.

    They stay in its state, so that whoever looks later knows what it declared.
    """
    known = only(memory, incidents)
    records = {key: one for key, one in known.state.records.items() if not key.child}
    known = replace(known, state=replace(known.state, records=records), pending={})
    # Limits and the guard of what people work on protect what a mistake takes away; these are the run's own.
    allowed = replace(workspace.allow, limits={"quiet_minutes": 0}, touched=True)
    loaded = Loaded(workspace, (), 1, is_whole=True, allowed=allowed, prune=True)
    plan = reconcile.plan(loaded, client, known)
    return replace(plan, changes=tuple(one for one in plan.changes if isinstance(one, Edit)), over_limits=())
