"""What is declared, read and remembered in; each resource beside what it is in the account out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import desired, identity, kinds
from reconciler.diff.fields import differences, fate
from reconciler.errors import Invalid
from reconciler.identity import Absent, Ambiguous, Astray, Marked, Matched, Objects, claims, lookup, markers, parts
from reconciler.kinds.custom_field import KIND as FIELD
from reconciler.kinds.custom_field import OPTION
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Fate
from reconciler.names import Names
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.identity import Claim, Match
    from reconciler.kinds.naming import Found as CustomField
    from reconciler.live import Account
    from reconciler.model import Desired, Key, Live, Manifest, Path, Ref, Rename
    from reconciler.state import Neighbours
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace

NAME: Path = ("name",)


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
        """Return the ID of what a resource is; None where there is nothing, or nobody knows."""
        raw = self.raw(key)
        return raw["id"] if raw else None

    def raw(self, key: Key) -> Mapping[str, Any] | None:
        """Return what a resource is as the account shows it, also where its own key was overwritten since."""
        match self.matches[key]:
            case Matched(raw=raw) | Marked(raw=raw, is_recorded=True):
                return raw
            case _:
                return None

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
    claimed: Mapping[Key, Claim],
    account: Account,
    memory: Memory,
    workspace: Workspace,
    renames: tuple[Rename, ...],
    neighbours: Callable[[Workspace], Neighbours],
    *,
    is_whole: bool = True,
) -> Found:
    """Resolve names and look for each resource, configuration first; raises `Invalid` with every unknown name.

    What `neighbours` manage, or may have declared, is never found by its looks; they are asked where looks count.
    """
    found = Found(Names(account.listed), renames=renames)
    holders = claims.holders(manifests, memory)
    for kind in kinds.KINDS.values():
        mine = [one for one in manifests if one.key.kind == kind.name]
        if kind.natural_key and mine:
            objects = Objects.of(account.listed.get((kind.name, ""), ()))
            wanted = [_still_there(claimed[one.key], objects) for one in mine]
            _take(found, mine, lookup.match_by_name(wanted, objects, holders), account, memory, workspace)
    incidents = [one for one in manifests if one.key.kind == INCIDENT.name]
    field = markers.field(found.names, workspace) if incidents else None
    found.marker = field.value if field else ""
    search = lookup.Search(
        workspace.namespace,
        holders,
        memory.state.managed,
        workspace.adopts,
        found.marker if isinstance(found.marker, str) else "",
        not is_whole,
        {record.id: record.names for record in memory.state.records.values() if record.names},
        used=claims.used_keys(memory),
        forgotten=claims.forgotten(memory),
        written=claims.written_keys(memory, str(found.marker)) if field else {},
    )
    wanted_here = [claimed[one.key] for one in incidents]
    matches = search.incidents(wanted_here, account.incidents)
    if any(map(_is_by_looks, matches.values())):
        beside = neighbours(workspace)
        search = replace(search, managed=search.managed | beside.managed, beside=beside)
        matches = search.incidents(wanted_here, account.incidents)
    _take(found, incidents, matches, account, memory, workspace)
    for one in incidents:
        _name_key(found, one, claimed[one.key], memory)
    if field:
        _mark(found, incidents, field, workspace.namespace)
    _stop_idle_hints(found, manifests, memory)
    if found.names.problems:
        raise Invalid(found.names.problems)
    return found


def _is_by_looks(match: Match) -> bool:
    return isinstance(match, Ambiguous) or (isinstance(match, Matched) and match.how == "look-alike")


def _still_there(claim: Claim, objects: Objects) -> Claim:
    """Return a claim without what was abandoned and then deleted outside: its name decides."""
    return claim if claim.buried_id in objects.by_id else replace(claim, buried_id="")


def _take(
    found: Found,
    manifests: Iterable[Manifest],
    matches: dict[Key, Match],
    account: Account,
    memory: Memory,
    workspace: Workspace,
) -> None:
    for manifest in manifests:
        found.matches[manifest.key] = matches[manifest.key]
        before = len(found.names.problems)
        resolved = desired.resolve(manifest, found.names)
        found.names.problems[before:] = discreet.told(found.names.problems[before:], manifest)
        found.desired[manifest.key] = resolved
        options = _options(found, resolved, account, memory) if manifest.key.kind == FIELD.name else {}
        renames = _is_renamed(resolved, found.matches[manifest.key], memory, workspace)
        found.names.declare(resolved, found.live_id(manifest.key), options, renames=renames)


def _options(found: Found, field: Desired, account: Account, memory: Memory) -> Mapping[Key, Live]:
    """Return the options of a field that are there, as state or their values tell."""
    listed = account.listed.get(("CustomFieldOption", found.live_id(field.key) or ""), ())
    live = [parts.live_of(OPTION, one) for one in listed]
    return parts.matched(OPTION, field.children, live, found.recall(memory)) if live else {}


def _is_renamed(one: Desired, match: Match, memory: Memory, workspace: Workspace) -> bool:
    """Return whether the plan writes its name: neither the drift policy nor the server's own rewriting speaks up."""
    kind, record = kinds.KINDS[one.key.kind], memory.record(one.key)
    if not (kind.natural_key and isinstance(match, Matched)):
        return False
    known = record.fields if record and record.id == match.raw["id"] else {}
    differing = differences(kind.fields, {NAME: one.leaves[NAME]}, kind.observe(match.raw), known)
    return any(fate(each.cause, workspace.drift(kind.name, "name")) is Fate.OVERWRITTEN for each in differing)


def _name_key(found: Found, manifest: Manifest, claim: Claim, memory: Memory) -> None:
    """Note what a renamed incident is called in its keys: as state says, else as the marker or the hint does."""
    match = found.matches[manifest.key]
    carried = identity.marker(match.raw, str(found.marker)) if isinstance(match, Matched) and found.marker else ""
    first = claim.names[0]
    # The marker is that of the present name, and children keep the keys of the one that it was declared with.
    is_told = isinstance(match, Matched) and claims.tells_key(manifest, memory, match.raw["id"])
    # So does a chain of names; one alone may have been given up before anything was declared.
    is_told = is_told or len(claims.was(manifest)) > 1
    name = first if is_told else dict(zip(claim.markers, claim.names, strict=True)).get(carried) or first
    if name != manifest.key.name:
        found.names_in_keys[manifest.key] = name


def _mark(found: Found, incidents: Iterable[Manifest], field: CustomField, namespace: str) -> None:
    """Let each incident state the key of its present name in the field that carries them."""
    for one in incidents:
        key = identity.idempotency_key(namespace, one.key, desired.generation(one))
        found.desired[one.key] = markers.marked(found.desired[one.key], found.matches[one.key], key, field, found.names)


def _stop_idle_hints(found: Found, manifests: Iterable[Manifest], memory: Memory) -> None:
    """Let nothing be created whose `metadata.was` leads nowhere: it is something that is there, under another name."""
    for manifest in manifests:
        names, key = claims.was(manifest), manifest.key
        if names and isinstance(found.matches[key], Absent) and not claims.is_remembered(key, memory):
            found.matches[key] = Astray(names)
