"""Two changes in, whether they send the same to the same object out; a plan in words of an earlier one. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.model import Adopt, Create, Delete, Edit, Forget, Leaf, Live, Post, Ref, Request, Source
from reconciler.refs import in_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Change, Key, Leaves, Plan

NOWHERE = Source("")


def as_planned(fresh: Plan, then: Plan, known: Mapping[Key, str]) -> Plan:
    """Return a plan with a `Ref` for what an earlier one makes and is there by now; `known` are IDs that state has."""
    made = {change.key for change in then.changes if isinstance(change, Create)}
    made -= {change.key for change in fresh.changes if isinstance(change, Create)}
    ids = {
        **{key: identifier for key, identifier in known.items() if key in made},
        **{key: seen.id for key, seen in fresh.observed.items() if key in made},
        **{key: live.id for key, live in fresh.live.items() if key in made},
    }
    refs = {identifier: Ref(key) for key, identifier in ids.items()}
    return replace(fresh, changes=tuple(_unresolved(one, refs) for one in fresh.changes)) if refs else fresh


def _unresolved(change: Change, refs: Mapping[str, Ref]) -> Change:
    if not isinstance(change, Create | Edit | Post):
        return change
    request = replace(change.request, path=_path(change, refs), body=_with_refs(change.request.body, refs))
    sent = {
        _with_refs(path, refs): replace(leaf, value=_with_refs(leaf.value, refs)) for path, leaf in change.sent.items()
    }
    change = replace(change, request=request, sent=sent)
    # It was planned to come after the step that makes its object.
    return replace(change, live=None) if isinstance(change, Edit) and change.live and change.live.id in refs else change


def _path(change: Create | Edit | Post, refs: Mapping[str, Ref]) -> str:
    """Return a request's path as it was planned before its own object was there."""
    path = change.request.path
    if not (isinstance(change, Edit) and change.live and change.live.id in refs):
        return path
    return path.replace(change.live.id, in_path(refs[change.live.id]))


def _with_refs(value: Any, refs: Mapping[str, Ref]) -> Any:
    match value:
        case str():
            return refs.get(value, value)
        case dict():
            return {name: _with_refs(item, refs) for name, item in value.items()}
        case list() | tuple():
            return type(value)(_with_refs(item, refs) for item in value)
        case _:
            return value


def essence(change: Change) -> Change:
    """Return what of a change must be the same: what is sent, not where it was written or what it is called."""
    change = replace(change, source=NOWHERE, after=())
    match change:
        case Create():
            return replace(change, sent=_values(change.sent), unfinished=False)
        case Edit():
            live = _identity(change.live) if change.live else None
            return replace(change, sent=_values(change.sent), fields=(), live=live, request=_own(change))
        case Post():
            kept = tuple((path, Leaf(said.value), Leaf(None)) for path, said, _ in change.kept)
            return replace(change, sent=_values(change.sent), kept=kept, unfinished=False)
        case Forget():
            return replace(change, known="", why="")
        case Adopt() | Delete():
            return replace(change, live=_identity(change.live))


def _identity(live: Live) -> Live:
    return Live(live.id, {}, {})


def _values(leaves: Leaves) -> Leaves:
    return {path: Leaf(_in_order(leaf.value)) for path, leaf in leaves.items()}


def _in_order(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def _own(edit: Edit) -> Request:
    """Return an edit's request; of one that sends the object whole, what it changes is among the leaves."""
    is_whole = not edit.key.child and kinds.KINDS[edit.key.kind].whole
    return replace(edit.request, body={}) if is_whole else edit.request
