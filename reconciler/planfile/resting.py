"""A change and the plan that it is of in, what the change rests on out: what must still hold when it is applied. Pure.

These are the live values of the fields that it writes, the status among them where one is written; the updates by
API keys where one is posted; which object it is where one is adopted, and all of it where it is deleted. Never times,
counters or fields that nothing states.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from reconciler.model import Adopt, Delete, Edit, Leaf, Post, step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Change, Leaves, Live, Path, Plan

IDENTITY, TIMELINE = "id", "updates"
MESSAGE: Path = ("message",)

Digests = dict[str, dict[str, str]]
"""By step, then by what is rested on, such as `summary`: a digest of what it was."""


def digests(plan: Plan, salt: str) -> Digests:
    """Return what each change of a plan rests on, as digests."""
    return {str(step(change)): of(change, plan, salt) for change in plan.changes}


def of(change: Change, plan: Plan, salt: str) -> dict[str, str]:
    """Return what a change rests on as `plan` has seen it, as digests; it may be a change of an older plan."""
    return {name: _digest(value, salt) for name, value in _rests_on(change, plan).items()}


def _rests_on(change: Change, plan: Plan) -> dict[str, Any]:
    match change:
        case Edit(live=live) if live is not None:
            now = live if change.key.child else plan.live.get(change.key, live)
            return {IDENTITY: now.id} | _values(change.sent, now)
        case Post():
            moves = {path: leaf for path, leaf in change.sent.items() if path != MESSAGE}
            there = plan.live.get(change.key.parent)
            return _values(moves, there) | {TIMELINE: list(plan.timelines.get(change.key.parent, ()))}
        case Adopt(live=live):
            return {IDENTITY: live.id}
        case Delete(live=live):
            # All that is lost with it.
            return {IDENTITY: live.id} | {name(path, leaf): leaf.value for path, leaf in live.leaves.items()}
        case _:
            return {}


def _values(written: Leaves, live: Live | None) -> dict[str, Any]:
    leaves = live.leaves if live else {}
    return {name(path, leaf): leaves.get(path, Leaf(None)).value for path, leaf in written.items()}


def name(path: Path, leaf: Leaf) -> str:
    """Return what people call a field: `summary`, `roles.Incident Lead`."""
    return ".".join(filter(None, (str(path[0]), leaf.label or "/".join(map(str, path[1:])))))


def _digest(value: Any, salt: str) -> str:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)
    return hmac.digest(salt.encode(), text.encode(), hashlib.sha256).hex()[:32]


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what is no longer as it was."""
    return [one for one in before if now.get(one) != before[one]]
