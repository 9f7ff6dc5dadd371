"""From what was found to a plan: compare, put in order, tell. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import desired, kinds, notice, permissions, plan, removal, wanting
from reconciler.diff import Around, Diff, Rules, compare
from reconciler.diff.pair import STATUS
from reconciler.diff.rules import live_of
from reconciler.diff.undeclared import let_go, undeclared
from reconciler.identity import Absent, Ambiguous, Marked, Matched, Taken, Used
from reconciler.identity.claims import DEFAULT_MODE, DEFAULT_VISIBILITY
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import TIMELINE
from reconciler.lifecycle import CLOSED, LIVE, Lifecycle
from reconciler.model import Create, Edit, Leaf, Notice, Plan, Post, Topic
from reconciler.names import called

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.finding import Found
    from reconciler.identity import Match
    from reconciler.live import Account, Details
    from reconciler.model import Change, Desired, Key, Live, Refusal
    from reconciler.removal import Gone, Removed
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace


def assemble(
    found: Found,
    account: Account,
    details: Details,
    memory: Memory,
    workspace: Workspace,
    files: int,
    gone: Removed,
    held: Mapping[Key, Refusal],
) -> Plan:
    """Compare every resource and put what is to do in order, what is not declared any more at the end.

    `held` are resources that are left alone whatever differs.
    """
    rules = _rules(found, found.recall(memory), workspace, account.identity.name)
    live = {
        key: live_of(kinds.KINDS[key.kind], match.raw)
        for key, match in found.matches.items()
        if isinstance(match, Matched)
    }
    objects, groups = _objects(account), _groups(found, live)
    only_told = details.timeline.keys() - set(wanting.timeline(found, memory, every=workspace.on_drift is not None))
    diffs = {
        key: compare(one, found.matches[key], _around(one, found, account, details, only_told), rules)
        for key, one in found.desired.items()
    }
    left = list(_gone(found, account, gone))
    live |= {one.key: one.live for one in left if one.live}
    statuses = [live_of(kinds.KINDS["IncidentStatus"], raw) for raw in account.listed.get(("IncidentStatus", ""), ())]
    removed = removal.removals(left, rules.lifecycle, statuses, prune=gone.prune)
    stopped = removal.renamed(diffs, left)
    removed |= {key: diff for key, diff in stopped.items() if key in removed}
    diffs |= {key: diff for key, diff in stopped.items() if key in diffs}
    for key, refusal in held.items():
        (removed if key in removed else diffs)[key] = Diff(refusals=[refusal])
    diffs = plan.leave_out(diffs, found.desired, objects, groups)
    every = {**diffs, **removed}
    told = left if gone.tells_drift else []
    changes = plan.order((change for diff in every.values() for change in diff.changes), objects, groups)
    private = frozenset(
        key for key, one in found.desired.items() if key.kind == INCIDENT.name and _is_private(one, live.get(key))
    )
    closed = _closed(changes, live, rules.lifecycle)
    modes = {
        key: one.manifest.spec.get("mode", DEFAULT_MODE)
        for key, one in found.desired.items()
        if key.kind == INCIDENT.name
    }
    return Plan(
        workspace=workspace.name,
        organisation=account.identity.dashboard_url,
        files=files,
        resources=len(found.desired),
        managed=len(found.desired.keys() | {key for key in memory.state.records if not key.child}),
        changes=tuple(changes),
        refusals=(*(one for diff in every.values() for one in diff.refusals), *removal.lost(told)),
        notices=(
            *(Notice(Topic.RENAMED, one.new, f"was {one.old}", one.source) for one in found.renames),
            *_notices(every),
            *permissions.warnings(changes, account.identity.roles),
            *undeclared(found.desired, found.names, memory),
            *let_go(found.desired, found.matches, memory),
            *(removal.unanswered(memory, found.desired.keys()) if gone.is_whole else ()),
            *notice.unseen(changes, private),
        ),
        unchanged=tuple(key for key, diff in diffs.items() if not diff.changes and not diff.refusals),
        who_will_notice=notice.who_will_notice(changes, modes, details.workflows, closed, private),
        closes=tuple(closed),
        live=live,
        observed={key: seen for diff in every.values() for key, seen in diff.observed.items()},
        timelines={
            found.incidents[identifier].key: tuple(one["id"] for one in read if "api_key" in one["updater"])
            for identifier, read in details.updates.items()
        },
        identity_field=workspace.identity_field if modes else None,
        renames=found.renames,
        revived=found.revived,
        drifted=(
            *(one for diff in diffs.values() for one in diff.drifted),
            *removal.drifted(told, rules.lifecycle, found.names.called),
        ),
        absent=frozenset(key for key, match in found.matches.items() if isinstance(match, Absent)),
        generations={key: desired.generation(one.manifest) for key, one in found.desired.items()},
        found_by={key: match.how for key, match in found.matches.items() if isinstance(match, Matched)},
        names=called(account.listed, (one for one in changes if isinstance(one, Create) and one.unfinished)),
        private=private | {one.key for one in told if one.live and one.live.raw.get("visibility") == "private"},
    )


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


def _closed(changes: Iterable[Change], live: dict[Key, Live], lifecycle: Lifecycle) -> list[Key]:
    """Return the incidents that the changes bring into a closed status and that are in none yet."""
    moved = {
        change.key.parent: change.sent[STATUS]
        for change in changes
        if isinstance(change, Create | Edit | Post) and change.key.kind == INCIDENT.name and STATUS in change.sent
    }
    return [
        key
        for key, status in moved.items()
        if lifecycle.category(status) == CLOSED
        and not (key in live and lifecycle.category(live[key].leaves.get(STATUS)) == CLOSED)
    ]


def _is_private(one: Desired, live: Live | None) -> bool:
    stated = one.manifest.spec.get("visibility", DEFAULT_VISIBILITY)
    return "private" in {stated, live.raw.get("visibility") if live else stated}


def _notices(diffs: dict[Key, Diff]) -> Iterable[Notice]:
    for key, diff in diffs.items():
        yield from diff.notices
        seen = diff.observed.get(key)
        if seen and seen.forgotten:
            names = dict.fromkeys(path.split("/")[0] for path in seen.forgotten)
            yield Notice(Topic.UNSTATED, key, f"no longer stated: {', '.join(names)}; left as it is")


def _gone(found: Found, account: Account, removed: Removed) -> Iterable[Gone]:
    objects: dict[str, Mapping[str, Mapping[str, Any]]] = {
        name: {raw["id"]: raw for raw in listed} for (name, scope), listed in account.listed.items() if not scope
    }
    objects[INCIDENT.name] = account.incidents.by_id
    held = {match.raw["id"]: key for key, match in found.matches.items() if isinstance(match, Matched)}
    wanted = {identifier: key for key, match in found.matches.items() for identifier in _candidates(match)}
    return removal.found(removed.records, objects, held, wanted)


def _candidates(match: Match) -> list[str]:
    """Return the objects (IDs) that a declared resource may be, where nobody knows for sure."""
    match match:
        case Taken(raw=raw) | Marked(raw=raw):
            return [raw["id"]]
        case Used(id=identifier, is_declared=True):
            return [identifier]
        case Ambiguous(candidates):
            return [one["id"] for one in candidates]
        case _:
            return []
