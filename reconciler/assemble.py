"""From what is declared and what was read to a plan: resolve names, find each resource, compare, put in order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import claims, desired, identity, kinds, lookup, marker, notice, permissions, plan, removal, withheld
from reconciler.claims import DEFAULT_MODE, DEFAULT_VISIBILITY
from reconciler.diff import Around, Diff, Rules, compare
from reconciler.diff.pair import STATUS
from reconciler.diff.rules import live_of
from reconciler.errors import Invalid
from reconciler.identity import Absent, Ambiguous, Marked, Matched, Objects, Taken
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import MEMBER, TIMELINE, UPDATE
from reconciler.lifecycle import CLOSED, LIVE, Lifecycle
from reconciler.model import Create, Edit, Leaf, Notice, Plan, Post, Topic
from reconciler.names import Names, called

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.identity import Claim, Match
    from reconciler.kinds.spec import Found as CustomField
    from reconciler.live import Account, Details
    from reconciler.model import Change, Desired, Key, Live, Manifest, Ref, Refusal, Rename
    from reconciler.removal import Gone
    from reconciler.state import Record
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace


@dataclass(slots=True)
class Found:
    """Every resource as it should be, beside what it is in the account."""

    names: Names
    desired: dict[Key, Desired] = field(default_factory=dict)
    matches: dict[Key, Match] = field(default_factory=dict)
    marker: str | Ref = ""
    """The ID of the field that carries incidents' keys; a `Ref` where this run creates it."""
    names_in_keys: dict[Key, str] = field(default_factory=dict)
    """What renamed incidents are called in their keys."""
    renames: tuple[Rename, ...] = ()

    def live_id(self, key: Key) -> str | None:
        """Return a resource's ID; None where it does not exist."""
        match = self.matches[key]
        return match.raw["id"] if isinstance(match, Matched) else None

    @property
    def revived(self) -> dict[Key, str]:
        """Return the IDs of tombstones that are managed again."""
        return {
            key: match.raw["id"]
            for key, match in self.matches.items()
            if isinstance(match, Matched) and match.how == "tombstone"
        }

    def recall(self, memory: Memory) -> Memory:
        """Return what is remembered of these very objects: nothing of an earlier generation, or of another ID."""
        return memory.revived(self.revived).only({key: self.live_id(key) for key in self.matches})

    @property
    def incidents(self) -> dict[str, Desired]:
        """Return the incidents that exist, by ID."""
        return {
            match.raw["id"]: self.desired[key]
            for key, match in self.matches.items()
            if isinstance(match, Matched) and key.kind == INCIDENT.name
        }


def find(
    manifests: Sequence[Manifest],
    account: Account,
    memory: Memory,
    workspace: Workspace,
    renames: tuple[Rename, ...] = (),
    *,
    is_partial: bool = False,
) -> Found:
    """Resolve names and look for each resource, configuration first; raises `Invalid` with every unknown name."""
    found = Found(Names(account.listed), renames=renames)
    holders = claims.holders(manifests, memory)
    for kind in kinds.KINDS.values():
        mine = [one for one in manifests if one.key.kind == kind.name]
        if kind.natural_key and mine:
            objects = Objects.of(account.listed.get((kind.name, ""), ()))
            wanted = [_still_there(claims.claim(one, memory, workspace.namespace), objects) for one in mine]
            _take(found, mine, lookup.match_by_name(wanted, objects, holders))
    incidents = [one for one in manifests if one.key.kind == INCIDENT.name]
    field = marker.field(found.names, workspace) if incidents else None
    found.marker = field.value if field else ""
    search = lookup.Search(
        workspace.namespace,
        holders,
        memory.state.managed,
        workspace.adopts,
        found.marker if isinstance(found.marker, str) else "",
        is_partial,
    )
    wanted = [claims.claim(one, memory, workspace.namespace) for one in incidents]
    matches = search.incidents(wanted, account.incidents)
    _take(found, incidents, matches)
    _name_keys(found, incidents, wanted, memory, workspace)
    if field:
        _mark(found, incidents, field, workspace.namespace)
    _report_idle_hints(found, manifests, memory)
    if found.names.problems:
        raise Invalid(found.names.problems)
    return found


def _still_there(claim: Claim, objects: Objects) -> Claim:
    """Return a claim without what was abandoned and then deleted outside: its name decides."""
    return claim if claim.buried_id in objects.by_id else replace(claim, buried_id="")


def _take(found: Found, manifests: Iterable[Manifest], matches: dict[Key, Match]) -> None:
    for manifest in manifests:
        found.matches[manifest.key] = matches[manifest.key]
        resolved = desired.resolve(manifest, found.names)
        found.desired[manifest.key] = resolved
        found.names.declare(resolved, found.live_id(manifest.key))


def _name_keys(
    found: Found, incidents: Iterable[Manifest], wanted: Iterable[Claim], memory: Memory, workspace: Workspace
) -> None:
    """Note what renamed incidents are called in their keys: as the marker says, else as state or the hint does."""
    for manifest, claim in zip(incidents, wanted, strict=True):
        names = dict(zip(claim.markers, claims.names_in_keys(manifest, memory, workspace.namespace), strict=True))
        match = found.matches[manifest.key]
        carried = identity.marker(match.raw, str(found.marker)) if isinstance(match, Matched) and found.marker else ""
        name = names.get(carried) or next(iter(names.values()))
        if name != manifest.key.name:
            found.names_in_keys[manifest.key] = name


def _mark(found: Found, incidents: Iterable[Manifest], field: CustomField, namespace: str) -> None:
    """Let each incident state its key in the field that carries them."""
    for one in incidents:
        named = replace(one.key, name=found.names_in_keys.get(one.key, one.key.name))
        key = identity.idempotency_key(namespace, named, desired.generation(one))
        found.desired[one.key] = marker.marked(found.desired[one.key], found.matches[one.key], key, field, found.names)


def _report_idle_hints(found: Found, manifests: Iterable[Manifest], memory: Memory) -> None:
    """Report each `metadata.was` that leads nowhere: what it names is not to be created."""
    for manifest in manifests:
        old, key = claims.was(manifest), manifest.key
        if old and isinstance(found.matches[key], Absent) and not claims.is_remembered(key, memory):
            told = f"`was: {old.name}` leads nowhere: neither {old} nor {key} is managed, and none in the account is it"
            hint = "correct it, name the object with `id:`, or take it out to create another one"
            found.names.report(manifest.document.at("metadata", "was"), told, hint)


def wants_updates(found: Found, memory: Memory) -> list[str]:
    """Return the incidents (IDs) whose updates must be read: not all of theirs are known to be posted."""
    memory = found.recall(memory)
    return [
        identifier
        for identifier, one in found.incidents.items()
        if _is_strange(one.key, memory)
        or any(child.key.child[0] == UPDATE.noun and memory.record(child.key) is None for child in one.children)
    ]


def _is_strange(key: Key, memory: Memory) -> bool:
    record = memory.record(key)
    return record is None or record.is_bare or record.how == "key"


def wants_timeline(found: Found, memory: Memory, *, every: bool = False) -> list[str]:
    """Return the incidents (IDs) whose timeline items must be read: some changed, or are not known to exist.

    With `every` those of all incidents that declare some.
    """
    memory = found.recall(memory)
    return [
        identifier
        for identifier, one in found.incidents.items()
        if any(child.key.child[0] == TIMELINE.noun and (every or _is_open(child, memory)) for child in one.children)
    ]


def _is_open(child: Any, memory: Memory) -> bool:
    record = memory.record(child.key)
    if record is None:
        return True
    sent = {path: kept.sent for path, kept in record.fields.items()}
    return any(sent.get(str(path[0])) != leaf.value for path, leaf in child.leaves.items())


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
    rules = _rules(found, found.recall(memory), workspace)
    live = {
        key: live_of(kinds.KINDS[key.kind], match.raw)
        for key, match in found.matches.items()
        if isinstance(match, Matched)
    }
    objects, groups = _objects(account), _groups(found, live)
    diffs = {
        key: compare(one, found.matches[key], _around(one, found, account, details), rules)
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
    diffs = withheld.leave_out(diffs, found.desired, objects, groups)
    every = {**diffs, **removed}
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
        refusals=tuple(one for diff in every.values() for one in diff.refusals),
        notices=(
            *(Notice(Topic.RENAMED, one.new, f"was {one.old}", one.source) for one in found.renames),
            *_notices(every),
            *permissions.warnings(changes, account.identity.roles),
            *_undeclared(found, memory),
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
        drifted=tuple(one for diff in diffs.values() for one in diff.drifted),
        absent=frozenset(key for key, match in found.matches.items() if isinstance(match, Absent)),
        generations={key: desired.generation(one.manifest) for key, one in found.desired.items()},
        found_by={key: match.how for key, match in found.matches.items() if isinstance(match, Matched)},
        names=called(account.listed, (one for one in changes if isinstance(one, Create) and one.unfinished)),
        private=private,
    )


def _rules(found: Found, memory: Memory, workspace: Workspace) -> Rules:
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
        found.names.called,
    )


def _around(one: Desired, found: Found, account: Account, details: Details) -> Around:
    identifier = found.live_id(one.key)
    if identifier is None:
        return Around()
    children = {
        "timeline": details.timeline.get(identifier),
        "option": account.listed.get(("CustomFieldOption", identifier)),
    }
    return Around(
        details.updates.get(identifier), {noun: listed for noun, listed in children.items() if listed is not None}
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


def _undeclared(found: Found, memory: Memory) -> Iterable[Notice]:
    """Yield the children that state knows and no manifest declares any more: they stay as they are."""
    declared = {child.key for one in found.desired.values() for child in one.children}
    for key in memory.state.records:
        if not key.child or key.kind != INCIDENT.name or key.parent not in found.desired or key in declared:
            continue
        source = found.desired[key.parent].source
        if key.child[0] == MEMBER.noun:
            users = found.names.facts("User")
            name = users[key.child[1]].text if key.child[1] in users else key.child[1]
            yield Notice(Topic.UNSTATED, key, f"no longer stated: member {name}; left as it is", source)
        else:
            yield Notice(Topic.UNDECLARED, key, f"the {key.child[0]} stays as it is", source)


@dataclass(frozen=True, slots=True)
class Removed:
    """What is remembered and not declared any more; `prune` says that it is to go.

    `is_whole` tells whether the manifests are all there are: only then is anything known to be gone.
    """

    records: Mapping[Key, Record] = field(default_factory=dict)
    prune: bool = False
    is_whole: bool = False


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
        case Ambiguous(candidates):
            return [one["id"] for one in candidates]
        case _:
            return []


def creates_incidents(found: Found) -> bool:
    """Return whether some incident does not exist yet, so that workflows may run on it."""
    return any(isinstance(match, Absent) and key.kind == INCIDENT.name for key, match in found.matches.items())
