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
    from reconciler.kinds.spec import Kind
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
    finding = _Finding(found, claimed, account, memory, workspace, claims.holders(manifests, memory))
    for kind in kinds.KINDS.values():
        if kind.natural_key:
            finding.find_by_name(kind, [one for one in manifests if one.key.kind == kind.name])
    incidents = [one for one in manifests if one.key.kind == INCIDENT.name]
    finding.find_incidents(incidents, neighbours, is_whole=is_whole)
    finding.stop_idle_hints(manifests)
    if found.names.problems:
        raise Invalid(found.names.problems)
    return found


@dataclass(frozen=True, slots=True)
class _Finding:
    """One look at an account; what is found is put into `found`. `holders` are what state knows, by ID."""

    found: Found
    claimed: Mapping[Key, Claim]
    account: Account
    memory: Memory
    workspace: Workspace
    holders: Mapping[str, Key]

    def find_by_name(self, kind: Kind, manifests: Sequence[Manifest]) -> None:
        """Find the configuration of a kind."""
        if manifests:
            objects = Objects.of(self.account.listed.get((kind.name, ""), ()))
            wanted = [_still_there(self.claimed[one.key], objects) for one in manifests]
            self._take(manifests, lookup.match_by_name(wanted, objects, self.holders))

    def find_incidents(
        self, manifests: Sequence[Manifest], neighbours: Callable[[Workspace], Neighbours], *, is_whole: bool
    ) -> None:
        """Find the incidents, and let each state the key of its present name in the field that carries them."""
        field = markers.field(self.found.names, self.workspace) if manifests else None
        self.found.marker = field.value if field else ""
        search = self._search(is_whole=is_whole)
        wanted = [self.claimed[one.key] for one in manifests]
        matches = search.incidents(wanted, self.account.incidents)
        if any(map(_is_by_looks, matches.values())):
            beside = neighbours(self.workspace)
            search = replace(search, managed=search.managed | beside.managed, beside=beside)
            matches = search.incidents(wanted, self.account.incidents)
        self._take(manifests, matches)
        for one in manifests:
            self._name_key(one)
            if field:
                self._mark(one, field)

    def stop_idle_hints(self, manifests: Iterable[Manifest]) -> None:
        """Let nothing be created whose `metadata.was` leads nowhere: it is there, under another name."""
        for one in manifests:
            names, match = claims.was(one), self.found.matches[one.key]
            if names and isinstance(match, Absent) and not claims.is_remembered(one.key, self.memory):
                self.found.matches[one.key] = Astray(names)

    def _search(self, *, is_whole: bool) -> lookup.Search:
        memory, marker = self.memory, self.found.marker
        return lookup.Search(
            self.workspace.namespace,
            self.holders,
            memory.state.managed,
            self.workspace.adopts,
            marker if isinstance(marker, str) else "",
            not is_whole,
            {record.id: record.names for record in memory.state.records.values() if record.names},
            used=claims.used_keys(memory),
            forgotten=claims.forgotten(memory),
            written=claims.written_keys(memory, str(marker)) if marker else {},
        )

    def _take(self, manifests: Iterable[Manifest], matches: Mapping[Key, Match]) -> None:
        """Put what was found beside what it should be, and let others name it."""
        found = self.found
        for manifest in manifests:
            found.matches[manifest.key] = matches[manifest.key]
            before = len(found.names.problems)
            resolved = desired.resolve(manifest, found.names)
            found.names.problems[before:] = discreet.told(found.names.problems[before:], manifest)
            found.desired[manifest.key] = resolved
            found.names.declare(
                resolved, found.live_id(manifest.key), self._options(resolved), renames=self._is_renamed(resolved)
            )

    def _options(self, one: Desired) -> Mapping[Key, Live]:
        """Return the options of a field that are there, as state or their values tell."""
        if one.key.kind != FIELD.name:
            return {}
        listed = self.account.listed.get(("CustomFieldOption", self.found.live_id(one.key) or ""), ())
        live = [parts.live_of(OPTION, raw) for raw in listed]
        return parts.matched(OPTION, one.children, live, self.found.recall(self.memory)) if live else {}

    def _is_renamed(self, one: Desired) -> bool:
        """Return whether the plan writes its name: neither drift policy nor the server's own rewriting speaks up."""
        kind, record, match = kinds.KINDS[one.key.kind], self.memory.record(one.key), self.found.matches[one.key]
        if not (kind.natural_key and isinstance(match, Matched)):
            return False
        known = record.fields if record and record.id == match.raw["id"] else {}
        differing = differences(kind.fields, {NAME: one.leaves[NAME]}, kind.observe(match.raw), known)
        policy = self.workspace.drift(kind.name, "name")
        return any(fate(each.cause, policy) is Fate.OVERWRITTEN for each in differing)

    def _name_key(self, manifest: Manifest) -> None:
        """Note what a renamed incident is called in its keys: as state says, else as the marker or the hint does."""
        claim, match, marker = self.claimed[manifest.key], self.found.matches[manifest.key], str(self.found.marker)
        carried = identity.marker(match.raw, marker) if isinstance(match, Matched) and marker else ""
        first = claim.names[0]
        # The marker is that of the present name, and children keep the keys of the one that it was declared with.
        is_told = isinstance(match, Matched) and claims.tells_key(manifest, self.memory, match.raw["id"])
        # So does a chain of names; one alone may have been given up before anything was declared.
        is_told = is_told or len(claims.was(manifest)) > 1
        name = first if is_told else dict(zip(claim.markers, claim.names, strict=True)).get(carried) or first
        if name != manifest.key.name:
            self.found.names_in_keys[manifest.key] = name

    def _mark(self, manifest: Manifest, field: CustomField) -> None:
        """Let an incident state the key of its present name in the field that carries them."""
        found, key = self.found, manifest.key
        text = identity.idempotency_key(self.workspace.namespace, key, desired.generation(manifest))
        found.desired[key] = markers.marked(found.desired[key], found.matches[key], text, field, found.names)


def _is_by_looks(match: Match) -> bool:
    return isinstance(match, Ambiguous) or (isinstance(match, Matched) and match.how == "look-alike")


def _still_there(claim: Claim, objects: Objects) -> Claim:
    """Return a claim without what was abandoned and then deleted outside: its name decides."""
    return claim if claim.buried_id in objects.by_id else replace(claim, buried_id="")
