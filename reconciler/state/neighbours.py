"""A workspace in; what its other states remember out: its own, and that of each run of a game day.

What one of them manages is taken by nobody else, whatever it looks like.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler import alike
from reconciler.model import Create
from reconciler.state.store import store_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.state.memory import Intent
    from reconciler.workspace import Workspace

AT_ONCE = 600.0
"""Seconds within which what was asked for is made, or never; clocks may differ by as much."""
SIDE_BY_SIDE = 10
"""States read at a time."""
BESIDE = (".run.jsonl", ".journal", ".lock")
"""What lies beside a remote state under its name."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The IDs of what others manage, and the creates of others whose answers nobody knows yet."""

    managed: frozenset[str] = frozenset()
    asked: tuple[Intent, ...] = ()

    def may_have_made(self, incident: Mapping[str, Any]) -> bool:
        """Return whether an incident may be what one of the others asked for just then."""
        made = datetime.fromisoformat(incident["created_at"]).timestamp()
        return any(
            _looks(one.body) == _looks(incident) and (abs(made - one.time) < AT_ONCE or not one.is_servers)
            for one in self.asked
        )

    def and_these(self, managed: Iterable[str], asked: Iterable[Intent]) -> Neighbours:
        """Return the same with others besides."""
        return Neighbours(self.managed.union(managed), (*self.asked, *asked))


def neighbours(workspace: Workspace) -> Neighbours:
    """Return what the other states of a workspace, or of a run's workspace, remember; takes no lock.

    To be read after the account was: then whatever is there was noted before. Raises `Refused` where one is
    unreadable.
    """
    names = sorted({"", *remembered(workspace)} - {workspace.run})
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        memories = list(pool.map(lambda name: store_of(replace(workspace, run=name)).read(), names))
    managed = frozenset(one.id for each in memories for one in each.state.records.values())
    asked = [one for each in memories for one in each.pending.values() if is_open(one)]
    return Neighbours(managed.union(*(each.state.managed for each in memories)), tuple(asked))


def is_open(intent: Intent) -> bool:
    """Return whether an intent is one to make a resource, and nobody knows what it made."""
    return intent.step.verb == Create.verb and not intent.step.key.child and not intent.answered


def remembered(workspace: Workspace) -> set[str]:
    """Return the IDs of all runs that have a state, or what was noted for one."""
    whole = replace(workspace, run="")
    if (address := whole.remote_state) is None:
        folder = replace(workspace, run="any").state.parent.parent
        return {path.parent.name for name in ("state.json", "journal") for path in folder.glob(f"*/{name}")}
    from reconciler.state.objects import Objects  # noqa: PLC0415  (most states are files)

    head, tail = address.beside("gameday-\n").path.split("\n")
    found: set[str] = set()
    for name in Objects(address, whole.environ).names(head):
        ending = next((one for one in BESIDE if name.endswith(tail + one)), "")
        named = name.removesuffix(ending)
        if named.endswith(tail) and len(named) > len(head) + len(tail):
            found.add(named[len(head) : len(named) - len(tail)])
    return found


def _looks(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return alike.title(one.get("name", "")), one.get("mode") or "standard", one.get("visibility") or "public"
