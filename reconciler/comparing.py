"""What was found, read and remembered in; what is to do with each resource, declared or not any more, out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler import kinds, plan, removal, wanting
from reconciler.diff import Around, Diff, Rules, compare
from reconciler.diff.rules import live_of
from reconciler.identity import Ambiguous, Astray, Elsewhere, Marked, Matched, Taken, Used
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import TIMELINE
from reconciler.lifecycle import LIVE, Lifecycle
from reconciler.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.finding import Found
    from reconciler.identity import Match
    from reconciler.live import Account, Details
    from reconciler.model import Change, Desired, Key, Live, Refusal
    from reconciler.removal import Gone, Removed
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Compared:
    """What is to do with each resource, and all of it in an order that works.

    `gone` is what is not declared any more, `removed` what is to do with it; `live` is all that exists.
    """

    declared: Mapping[Key, Diff]
    removed: Mapping[Key, Diff]
    gone: tuple[Gone, ...]
    live: Mapping[Key, Live]
    changes: tuple[Change, ...]
    lifecycle: Lifecycle

    @property
    def diffs(self) -> Mapping[Key, Diff]:
        """Return what is to do with each resource, the declared ones first."""
        return {**self.declared, **self.removed}


def compare_all(
    found: Found,
    account: Account,
    details: Details,
    memory: Memory,
    workspace: Workspace,
    removed: Removed,
    held: Mapping[Key, Refusal],
) -> Compared:
    """Compare every resource and put what is to do in order, what is not declared any more at the end.

    `held` are resources that are left alone whatever differs.
    """
    rules = _rules(found, found.recall(memory), workspace, account.identity.name)
    live = {key: live_of(kinds.KINDS[key.kind], raw) for key in found.matches if (raw := found.raw(key))}
    wanted = wanting.timeline(found, memory, every=workspace.on_drift is not None)
    declared = _declared(found, account, details, rules, wanted)
    gone = tuple(_gone(found, account, removed))
    statuses = [live_of(kinds.KINDS["IncidentStatus"], raw) for raw in account.listed.get(("IncidentStatus", ""), ())]
    going = removal.removals(gone, rules.lifecycle, statuses, prune=removed.prune)
    stopped = removal.renamed(declared, gone) | {key: Diff(refusals=[one]) for key, one in held.items()}
    objects, groups = _objects(account), _groups(found, live)
    declared = plan.leave_out(_replaced(declared, stopped), found.desired, objects, groups)
    going = _replaced(going, stopped)
    changes = [change for diffs in (declared, going) for diff in diffs.values() for change in diff.changes]
    return Compared(
        declared,
        going,
        gone,
        live | {one.key: one.live for one in gone if one.live},
        tuple(plan.order(changes, objects, groups)),
        rules.lifecycle,
    )


def _replaced(diffs: Mapping[Key, Diff], others: Mapping[Key, Diff]) -> dict[Key, Diff]:
    return {key: others.get(key, diff) for key, diff in diffs.items()}


def _declared(
    found: Found, account: Account, details: Details, rules: Rules, wanted: Collection[str]
) -> dict[Key, Diff]:
    only_told = details.timeline.keys() - set(wanted)
    return {
        key: compare(one, found.matches[key], _around(one, found, account, details, only_told), rules)
        for key, one in found.desired.items()
    }


def _rules(found: Found, memory: Memory, workspace: Workspace, key_name: str) -> Rules:
    statuses = found.names.facts("IncidentStatus")
    categories = {value: str(one.facts.get("category", "")) for value, one in statuses.items()}
    live = sorted(
        (one.facts.get("rank", 0), one.text, value)
        for value, one in statuses.items()
        if categories[value] == LIVE and isinstance(value, str)
    )
    first = Leaf(live[0][2], live[0][1]) if live else None
    types = found.names.facts("IncidentType").values()
    return Rules(
        workspace.namespace,
        memory,
        Lifecycle(categories, first),
        workspace.drift,
        found.marker,
        frozenset(str(one.value) for one in types if one.facts.get("create_in_triage") == "always"),
        frozenset(str(one.value) for one in types if one.facts.get("private_incidents_only")),
        next((one.leaf for one in types if one.facts.get("is_default")), None),
        found.names_in_keys,
        frozenset(found.desired),
        frozenset(record.id for key, record in memory.state.records.items() if key.child),
        found.names.called,
        key_name,
    )


def _around(one: Desired, found: Found, account: Account, details: Details, only_told: Collection[str]) -> Around:
    identifier = found.live_id(one.key)
    if identifier is None:
        return Around()
    children = {
        "timeline": details.timeline.get(identifier),
        "option": account.listed.get(("CustomFieldOption", identifier)),
    }
    return Around(
        details.updates.get(identifier),
        {noun: listed for noun, listed in children.items() if listed is not None},
        frozenset({TIMELINE.noun} if identifier in only_told else ()),
    )


def _objects(account: Account) -> dict[str, list[Live]]:
    """Return all objects of the kinds with a field that no two may share at a time."""
    return {
        name: [live_of(kind, raw) for raw in account.listed.get((name, ""), ())]
        for name, kind in kinds.KINDS.items()
        if kind.natural_key or any(row.distinct is not None for row in kind.fields.values())
    }


def _groups(found: Found, live: dict[Key, Live]) -> dict[Key, Any]:
    """Return the value of the field within which another one is distinct, by resource."""
    groups = {}
    for key, one in found.desired.items():
        for row in kinds.KINDS[key.kind].fields.values():
            if row.distinct:
                leaves = live[key].leaves if key in live else one.leaves
                groups[key] = leaves[row.distinct,].value
    return groups


def _gone(found: Found, account: Account, removed: Removed) -> Iterable[Gone]:
    objects: dict[str, Mapping[str, Mapping[str, Any]]] = {
        name: {raw["id"]: raw for raw in listed} for (name, scope), listed in account.listed.items() if not scope
    }
    objects[INCIDENT.name] = account.incidents.by_id
    held = {match.raw["id"]: key for key, match in found.matches.items() if isinstance(match, Matched)}
    wanted = {identifier: key for key, match in found.matches.items() for identifier in _candidates(match)}
    # Any of them may be what a hint was to name.
    astray = {key.kind: key for key, match in found.matches.items() if isinstance(match, Astray)}
    wanted |= {
        record.id: astray[key.kind]
        for key, record in removed.records.items()
        if key.kind in astray and record.id not in wanted
    }
    return removal.found(removed.records, objects, held, wanted)


def _candidates(match: Match) -> list[str]:
    """Return the objects (IDs) that a declared resource may be, where nobody knows for sure."""
    match match:
        case Taken(raw=raw) | Marked(raw=raw) | Elsewhere(raw=raw):
            return [raw["id"]]
        case Used(id=identifier, is_declared=True):
            return [identifier]
        case Ambiguous(candidates):
            return [one["id"] for one in candidates]
        case _:
            return []
