"""Diffs → the same, without the resources that no run could bring to an end: they are refused whole. Pure.

What needs something that is neither there nor made by the plan is left out with it; so is what wants a place, such as
a status's rank, that an object holds which nothing moves away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import kinds, refs
from reconciler.model import Create, Refusal, Why
from reconciler.plan import exchange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.diff import Diff
    from reconciler.model import Desired, Key, Live


def leave_out(
    diffs: dict[Key, Diff],
    desired: Mapping[Key, Desired],
    live: Mapping[str, Sequence[Live]],
    groups: Mapping[Key, Any],
) -> dict[Key, Diff]:
    """Return the diffs with refusals in place of what cannot be carried out; `live` and `groups` as in `exchange`."""
    changes = [change for diff in diffs.values() for change in diff.changes]
    taken = exchange.taken(changes, live, groups)
    kept = {
        key: diff.refused(_place_taken(desired[key], *taken[key])) if key in taken else diff
        for key, diff in diffs.items()
    }
    kept = _without_orphans(kept, desired)
    # Who is left out leaves no place to others.
    return kept if kept == diffs else leave_out(kept, desired, live, groups)


def _place_taken(one: Desired, field: str, holder: Live) -> Refusal:
    noun = kinds.KINDS[one.key.kind].noun
    name = holder.raw.get("name", holder.id)
    message = f"{field} {one.leaves[field,].value} is that of the {noun} `{name}`, and nothing in this plan moves it"
    hint = f"take another {field}, or declare `{name}` with one of its own"
    return Refusal(Why.IMPOSSIBLE, one.key, one.manifest.at(field), message, hint)


def _without_orphans(diffs: dict[Key, Diff], desired: Mapping[Key, Desired]) -> dict[Key, Diff]:
    """Leave out whole, too, what needs something that is neither there nor made by this plan."""
    made = {change.key for diff in diffs.values() for change in diff.changes if isinstance(change, Create)}
    orphans = {
        key: missing
        for key, diff in diffs.items()
        for change in diff.changes
        if (request := getattr(change, "request", None))
        and (missing := next((ref.key for ref in refs.of_request(request) if ref.key not in made), None))
    }
    return {
        key: diff.refused(_orphan(desired[key], orphans[key], diffs)) if key in orphans else diff
        for key, diff in diffs.items()
    }


def _orphan(one: Desired, missing: Key, diffs: Mapping[Key, Diff]) -> Refusal:
    refusals = diffs[missing.parent].refusals
    if not refusals:
        # Such as an option of a field whose type this version does not know: its options were not read.
        message = f"it needs {missing}, which the account does not show and this plan does not make"
        return Refusal(Why.UNKNOWN, one.key, one.source, message, f"look at {missing.parent} there")
    message = f"it needs {missing}, which this plan leaves out"
    return Refusal(refusals[0].why, one.key, one.source, message, f"do what is said of {missing.parent} first")
