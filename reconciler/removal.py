"""What state remembers and no manifest declares any more → what becomes of it: closed, deleted, forgotten. Pure.

Without `--prune` it is only told. What is protected, or cannot be seen, is refused; so are a create and the removal
of something of the same name, which look like one that was renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import alike, kinds, refs
from reconciler.diff import Diff
from reconciler.diff.pair import STATUS
from reconciler.diff.rules import live_of
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import wrapped
from reconciler.lifecycle import CLOSED
from reconciler.model import (
    NO_MANIFEST,
    Cause,
    Create,
    Delete,
    Edit,
    FieldChange,
    Forget,
    Leaf,
    Notice,
    Refusal,
    Request,
    Step,
    Topic,
    Why,
    step,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Key, Live
    from reconciler.state import Memory, Record

CLOSE = "close"
"""The `on_remove` that ends an incident."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A resource that is remembered and not declared; `live` is None where the account does not show it.

    `holder` is the resource that a manifest declares and that is the same live object by now, `wanted_by` one that
    would be it, if it were not managed already.
    """

    key: Key
    record: Record
    live: Live | None
    holder: Key | None = None
    wanted_by: Key | None = None

    @property
    def known(self) -> str:
        """Return what people call the live object."""
        return self.record.reference or (self.live.reference if self.live else "") or self.record.id

    @property
    def name(self) -> str:
        """Return its live name, as far as it is known."""
        kept = self.record.fields.get("name")
        return str(self.live.raw["name"]) if self.live else str(kept.answered) if kept else ""

    @property
    def open_name(self) -> str:
        """Return its live name; nothing where the account does not show it to everybody."""
        return str(self.live.raw["name"]) if self.live and self.live.raw.get("visibility") != "private" else ""

    @property
    def names(self) -> set[str]:
        """Return what it is called, or was when it was last written: people may have renamed it since."""
        return {alike.title(name) for name in (self.name, *self.record.names) if name}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """State alone lets go of it, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """An incident is closed, then forgotten."""

    live: Live
    before: Leaf
    status: Leaf


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object is taken out of the account."""

    live: Live


Fate = Forgotten | Closed | Deleted | Refusal


def gone(memory: Memory, declared: Collection[Key]) -> dict[Key, Record]:
    """Return the resources that are remembered and that no manifest declares; the manifests are all there are."""
    return {
        key: record
        for key, record in memory.state.records.items()
        if not key.child and key not in declared and key.kind in kinds.KINDS
    }


def unanswered(memory: Memory, declared: Collection[Key]) -> Iterator[Notice]:
    """Yield what an earlier run asked for and never learned the answer to, where no manifest declares it any more."""
    for name in memory.pending:
        if name.verb == Create.verb and not name.key.child and not {name.key} & {*declared, *memory.state.records}:
            message = "an earlier run asked for it and never learned the answer: it may be there, and is not managed"
            hint = "put its manifest back and apply, which finds out; then take it out again"
            yield Notice(Topic.UNDECLARED, name.key, message, hint=hint)


def ids_to_read(records: Mapping[Key, Record], *, every: bool = False) -> dict[Key, set[str]]:
    """Return the incidents whose status tells what becomes of them; with `every` the others as well."""
    return {
        key: {one.id} for key, one in records.items() if key.kind == INCIDENT.name and (every or one.on_remove == CLOSE)
    }


def kinds_to_read(records: Mapping[Key, Record]) -> set[str]:
    """Return the listings that tell what becomes of configuration, and in which status an incident can end."""
    listed = {key.kind for key in records if kinds.KINDS[key.kind].natural_key}
    return listed | ({"IncidentStatus"} if ids_to_read(records) else set())


def removals(
    all_gone: Iterable[Gone], lifecycle: Lifecycle, statuses: Iterable[Live], *, prune: bool
) -> dict[Key, Diff]:
    """Return what becomes of each, with `prune`; without it, what would."""
    all_gone = list(all_gone)
    going = {one.record.id for one in all_gone if isinstance(_fate(one, lifecycle, None), Deleted)}
    last = _closed_status(lifecycle, (one for one in statuses if one.id not in going))
    fates = {one.key: _fate(one, lifecycle, last) for one in all_gone}
    deleted = [one for one in all_gone if isinstance(fates[one.key], Deleted)]
    return {
        one.key: _diff(one, fates[one.key], deleted) if prune else Diff(notices=[_told(one, fates[one.key])])
        for one in all_gone
    }


def _closed_status(lifecycle: Lifecycle, statuses: Iterable[Live]) -> Leaf | None:
    """Return the organisation's first closed status."""
    found = [
        Leaf(one.id, one.raw["name"]) for one in sorted(statuses, key=lambda one: (one.raw.get("rank", 0), one.id))
    ]
    return next((one for one in found if lifecycle.category(one) == CLOSED), None)


def _fate(one: Gone, lifecycle: Lifecycle, last: Leaf | None) -> Fate:
    if one.record.is_protected:
        return _refused(
            one,
            Why.PROTECTED,
            f"{one.known} is protected, and its manifest is gone",
            "put the manifest back with `protect: false` below `metadata:` and apply, then take it out; "
            f"or `reconciler state rm {one.key}`",
        )
    if one.holder:
        return Forgotten(f"it is {one.holder} now")
    if one.wanted_by:
        message = f"{one.wanted_by}, which is declared, would be {one.known}: renamed?"
        return _refused(one, Why.AMBIGUOUS, message, f"do what is said of {one.wanted_by} first")
    return _configuration(one) if kinds.KINDS[one.key.kind].natural_key else _incident(one, lifecycle, last)


def _configuration(one: Gone) -> Fate:
    if one.live is None:
        return Forgotten("it was deleted outside")
    if one.record.how != "created":
        return Forgotten("it is left as it is: this workspace did not create it")
    return Deleted(one.live)


def _incident(one: Gone, lifecycle: Lifecycle, last: Leaf | None) -> Fate:
    if one.record.on_remove != CLOSE:
        return Forgotten("the incident is left as it is")
    if one.live is None:
        return _refused(
            one,
            Why.OUT_OF_SIGHT,
            f"{one.known} is to be closed, and the account does not show it: deleted, or private to this key",
            f"if it is gone for good: `reconciler state rm {one.key}`; a private incident takes a key with the role "
            "global_access",
        )
    now = one.live.leaves[STATUS]
    if last is None:
        return _refused(
            one,
            Why.IMPOSSIBLE,
            f"{one.known} is to be closed, and the organisation has no closed status",
            f"`reconciler state rm {one.key}` leaves it as it is",
        )
    if lifecycle.category(now) == CLOSED or not lifecycle.may_move(now, last):
        return Forgotten(f"the incident is {now.text} already")
    return Closed(one.live, now, last)


def _refused(one: Gone, why: Why, message: str, hint: str) -> Refusal:
    return Refusal(why, one.key, NO_MANIFEST, message, hint)


def _diff(one: Gone, fate: Fate, deleted: Iterable[Gone]) -> Diff:
    match fate:
        case Refusal():
            return Diff(refusals=[fate])
        case Forgotten(why):
            return Diff([Forget(one.key, NO_MANIFEST, one.known, why, name=one.open_name)])
        case Closed(live, before, status):
            edit = _close(one.key, live, before, status)
            then = (step(edit),)
            return Diff([edit, Forget(one.key, NO_MANIFEST, one.known, "once it is closed", then, one.open_name)])
        case Deleted(live):
            request = Request("DELETE", f"{kinds.KINDS[one.key.kind].path}/{live.id}", {})
            after = tuple(Step(Delete.verb, other.key) for other in deleted if _needs(other, one))
            return Diff([Delete(one.key, NO_MANIFEST, one.name, live, request, after)])


def _close(key: Key, live: Live, before: Leaf, status: Leaf) -> Edit:
    sent = {STATUS: status}
    path = INCIDENT.path + INCIDENT.edit_path.replace("{id}", live.id)
    request = Request(INCIDENT.edit_method, path, wrapped(INCIDENT.body(sent), notify=False))
    told = FieldChange("status", before.text, status.text, Cause.REMOVED)
    return Edit(key, NO_MANIFEST, request, sent, (told,), live)


def _needs(one: Gone, other: Gone) -> bool:
    """Return whether one refers to the other, which can only be deleted once nothing does."""
    assert one.live is not None
    return one.key != other.key and refs.mentions(one.live.raw, other.record.id)


def _told(one: Gone, fate: Fate) -> Notice:
    match fate:
        case Refusal():
            return Notice(Topic.UNDECLARED, one.key, fate.message, hint=fate.hint)
        case Closed(status=status):
            would = f"`--prune` moves it to {status.text} and forgets it"
        case Deleted():
            would = f"`--prune` deletes the {kinds.KINDS[one.key.kind].noun} `{one.name}`"
        case Forgotten(why):
            would = f"`--prune` forgets it: {why}"
    return Notice(Topic.UNDECLARED, one.key, one.known, hint=would)


def renamed(diffs: Mapping[Key, Diff], all_gone: Iterable[Gone]) -> dict[Key, Diff]:
    """Return refusals for each create whose name is or was that of something going away, and for that one.

    `metadata.not` with the ID or the reference of what goes away says that it is another one.
    """
    by_name: dict[tuple[str, str], Gone] = {
        (one.key.kind, name): one for one in all_gone if not (one.holder or one.wanted_by) for name in one.names
    }
    stopped: dict[Key, Diff] = {}
    for create in _creates(diffs):
        one = by_name.get((create.key.kind, alike.title(create.name)))
        if one and not {one.record.id, one.record.reference} & set(create.not_these):
            has = "has" if alike.title(one.name) == alike.title(create.name) else "had"
            message = f"{one.key} ({one.known}) {has} this name and is no longer declared: renamed?"
            hint = (
                f"write `was: {one.key.name}` below `metadata:` if it is that one; "
                f"if it is another, `not: [{one.known}]`"
            )
            stopped[create.key] = Diff(refusals=[Refusal(Why.AMBIGUOUS, create.key, create.source, message, hint)])
            message = f"{create.key}, which does not exist yet, has the name of {one.known}: renamed?"
            stopped[one.key] = Diff(refusals=[_refused(one, Why.AMBIGUOUS, message, f"see {create.key}")])
    return stopped


def _creates(diffs: Mapping[Key, Diff]) -> Iterator[Create]:
    for diff in diffs.values():
        yield from (one for one in diff.changes if isinstance(one, Create) and not one.key.child)


def found(
    records: Mapping[Key, Record],
    objects: Mapping[str, Mapping[str, Mapping[str, object]]],
    held: Mapping[str, Key],
    wanted: Mapping[str, Key],
) -> Iterator[Gone]:
    """Yield each with its live object; `objects` are those read, by kind and ID.

    `held` tells which declared resource is an object (ID) by now, `wanted` which one would be.
    """
    for key, record in records.items():
        raw = objects.get(key.kind, {}).get(record.id)
        live = live_of(kinds.KINDS[key.kind], raw) if raw else None
        yield Gone(key, record, live, held.get(record.id), wanted.get(record.id))
