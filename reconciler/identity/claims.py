"""What manifests and memory tell of each resource before the account is looked at: names, IDs, keys. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import desired, identity, kinds
from reconciler.errors import Invalid, Problem
from reconciler.identity import Asked, Claim, Generation
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Create, Key, Rename, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import Manifest
    from reconciler.state import Intent, Memory, Record, Tombstone

DEFAULT_MODE, DEFAULT_VISIBILITY = "standard", "public"


def was(manifest: Manifest) -> tuple[Key, ...]:
    """Return what a manifest says that it was called, oldest first: the first is what its key was made of."""
    told = manifest.metadata.get("was", ())
    return tuple(Key(manifest.key.kind, name) for name in ([told] if isinstance(told, str) else told))


def follow(manifests: Iterable[Manifest], memory: Memory, namespace: str) -> tuple[Memory, tuple[Rename, ...]]:
    """Return memory with the names that `metadata.was` gives, and the renames that it took.

    A hint that was followed before does nothing. Raises `Invalid` where several of its names are managed.
    """
    renames, problems = [], []
    for manifest in manifests:
        names, new = was(manifest), manifest.key
        known = [one for one in dict.fromkeys((*names, new)) if is_remembered(one, memory)] if names else []
        managed = [one for one in known if one in memory.state.records]
        if len(managed) > 1:
            told = " and ".join(f"{key} as {_known_as(memory.state.records[key])}" for key in managed)
            wrong = next(key.name for key in managed if key != new)
            hint = f"`reconciler state rm` forgets the one that is wrong; or take `was: {wrong}` out"
            problems.append(Problem(manifest.document.at("metadata", "was"), f"both are managed: {told}", hint))
        elif known and new not in known:
            old = (managed or known)[-1]
            key = key_of(old, memory, namespace, names[0])
            renames.append(Rename(old, new, key, manifest.source))
            memory = memory.renamed(old, new, key)
    if problems:
        raise Invalid(problems)
    return memory, tuple(renames)


def is_remembered(key: Key, memory: Memory) -> bool:
    """Return whether memory knows a resource, or a request for it."""
    return key in memory.state.records or key in memory.state.tombstones or Step(Create.verb, key) in memory.pending


def key_of(key: Key, memory: Memory, namespace: str, first: Key | None = None) -> str:
    """Return the idempotency key that a resource is known by, whatever it will be called; empty where it has none.

    `first` is what it was declared as, where that is another name and state does not tell.
    """
    record = memory.record(key)
    if record is None or not kinds.KINDS[key.kind].keyed:
        return ""
    return record.idempotency_key or identity.idempotency_key(namespace, first or key, record.generation)


def _known_as(record: Record) -> str:
    return record.reference or record.id


def of(manifests: Iterable[Manifest], memory: Memory, namespace: str) -> dict[Key, Claim]:
    """Return what is known of each resource before it is looked for."""
    return {one.key: _claim(one, memory, namespace) for one in manifests}


def _claim(manifest: Manifest, memory: Memory, namespace: str) -> Claim:
    metadata, spec = manifest.metadata, manifest.spec
    generation = desired.generation(manifest)
    record = memory.record(manifest.key)
    same = record is not None and record.generation == generation
    pending = None if same else _pending_create(manifest, memory, namespace)
    stone = None if same else _stone(manifest, memory)
    # What was asked for and never answered has the name that it was asked for with.
    asked = pending.sent if pending else {}
    names = tuple(dict.fromkeys(_names_in_keys(manifest, memory, namespace)))
    return Claim(
        key=manifest.key,
        title=str(spec["name"] if pending and pending.answered else asked.get("name", spec["name"])),
        stated_id=str(metadata.get("id", "")),
        recorded_id=record.id if record and same else "",
        buried_id=stone.id if stone else "",
        earlier=() if same else tuple(_earlier(manifest, memory)),
        markers=tuple(identity.idempotency_key(namespace, Key(manifest.key.kind, name), generation) for name in names),
        names=names,
        mode=spec.get("mode", DEFAULT_MODE),
        visibility=spec.get("visibility", DEFAULT_VISIBILITY),
        not_these=tuple(map(str, metadata.get("not", ()))),
        generation=generation,
        asked_at=pending.time if pending else 0.0,
        answered_id=pending.answered if pending else "",
        asked_name=_asked_name(manifest, memory),
        asked_earlier=None if same or pending else _asked_earlier(manifest, memory),
    )


def _asked_name(manifest: Manifest, memory: Memory) -> str:
    """Return the name that configuration was asked for with, where nobody learned the answer; it carries no key."""
    pending = memory.pending.get(Step(Create.verb, manifest.key))
    is_open = pending is not None and not pending.idempotency_key and memory.record(manifest.key) is None
    return str(pending.sent.get("name", "")) if pending and is_open else ""


def _asked_earlier(manifest: Manifest, memory: Memory) -> Asked | None:
    """Return what another generation was asked for as, where nobody learned the answer: it may be there, and run."""
    pending = memory.pending.get(Step(Create.verb, manifest.key))
    if pending is None or not pending.idempotency_key:
        return None
    name, mode = str(pending.sent.get("name", "")), str(pending.sent.get("mode", DEFAULT_MODE))
    return Asked(name, mode, str(pending.body.get("visibility", DEFAULT_VISIBILITY)), pending.time)


def _pending_create(manifest: Manifest, memory: Memory, namespace: str) -> Intent | None:
    """Return the request for this very generation that an earlier run never learned the answer to."""
    pending = memory.pending.get(Step(Create.verb, manifest.key))
    whose = identity.owner(pending.idempotency_key, namespace, manifest.key.kind) if pending else None
    return pending if whose and whose.generation == desired.generation(manifest) else None


def _stone(manifest: Manifest, memory: Memory) -> Tombstone | None:
    """Return the latest tombstone of this generation."""
    generation = desired.generation(manifest)
    stones = memory.state.tombstones.get(manifest.key, ())
    return next((one for one in reversed(stones) if one.generation == generation), None)


def _earlier(manifest: Manifest, memory: Memory) -> Iterator[Generation]:
    """Yield the other generation that is managed; where none is, those that were: each may run still."""
    if record := memory.record(manifest.key):
        yield Generation(record.id, record.generation)
        return
    for one in reversed(memory.state.tombstones.get(manifest.key, ())):
        if one.generation != desired.generation(manifest):
            yield Generation(one.id, one.generation, is_left=True)


def _names_in_keys(manifest: Manifest, memory: Memory, namespace: str) -> Iterator[str]:
    """Yield the names that its idempotency keys may be made of, the likeliest first, some of them twice.

    A resource that was renamed keeps the key that it was declared with, and its children theirs.
    """
    generation, kind = desired.generation(manifest), manifest.key.kind
    record, pending = memory.record(manifest.key), _pending_create(manifest, memory, namespace)
    remembered = record.idempotency_key if record and record.generation == generation else ""
    keys = list(filter(None, (remembered, pending.idempotency_key if pending else "")))
    own = identity.idempotency_key(namespace, manifest.key, generation) if keys else ""
    for text in keys:
        # Most were never renamed: taking a key apart takes several digests.
        whose = identity.Owner(manifest.key, generation) if text == own else identity.owner(text, namespace, kind)
        if whose and whose.generation == generation:
            yield whose.key.name
    # Whether anything is remembered of it or not: a key that depended on that would be another one without state.
    yield from (old.name for old in was(manifest))
    yield manifest.key.name


def holders(manifests: Iterable[Manifest], memory: Memory) -> Mapping[str, Key]:
    """Return the resources that state knows, by ID; not those whose manifest states another ID by now."""
    records = {key: one for key, one in memory.state.records.items() if not key.child}
    for manifest in manifests:
        record, stated = records.get(manifest.key), manifest.metadata.get("id")
        if record and stated and stated not in {record.id, record.reference}:
            del records[manifest.key]
    return {record.id: key for key, record in records.items()}


def tells_key(manifest: Manifest, memory: Memory, identifier: str) -> bool:
    """Return whether state tells the idempotency key that an object was declared with."""
    record = memory.record(manifest.key)
    return record is not None and record.id == identifier and bool(record.idempotency_key)


def written_keys(memory: Memory, field: str) -> dict[Key, str]:
    """Return the key that was last written into the field of each incident, as far as state tells."""
    found = {}
    for key, record in memory.state.records.items():
        kept = record.fields.get(f"custom_fields/{field}")
        match kept.sent if kept else None:
            case [{"value_text": str(text)}, *_]:
                found[key] = text
    return found


def forgotten(memory: Memory) -> dict[str, Key]:
    """Return what tombstones of incidents were called, by ID."""
    stones = memory.state.tombstones.items()
    return {one.id: key for key, every in stones if _is_incident(key) for one in every}


def used_keys(memory: Memory) -> dict[str, tuple[Key, str]]:
    """Return what the idempotency keys of incidents made that have another name by now: who, and the ID.

    The ID is empty for what was asked for, and never answered.
    """
    records = memory.state.records.items()
    stones = ((key, one.record) for key, every in memory.state.tombstones.items() for one in every)
    known = {one.idempotency_key: (key, one.id) for key, one in (*stones, *records) if _is_incident(key)}
    making = ((step.key, one) for step, one in memory.pending.items() if step.verb == Create.verb)
    asked = {one.idempotency_key: (key, "") for key, one in making if _is_incident(key)}
    return asked | known


def _is_incident(key: Key) -> bool:
    return key.kind == INCIDENT.name and not key.child


def known_ids(claims: Mapping[Key, Claim]) -> dict[Key, set[str]]:
    """Return the IDs (or references) of resources that manifests or state tell."""
    return {
        key: {one.stated_id, one.recorded_id, one.buried_id, one.answered_id, *(each.id for each in one.earlier)} - {""}
        for key, one in claims.items()
    }


def needs_search(claims: Mapping[Key, Claim]) -> bool:
    """Return whether an incident may be any of those in the account, as no ID of it is known."""
    return any(
        key.kind == INCIDENT.name and not (one.stated_id or one.recorded_id or one.buried_id)
        for key, one in claims.items()
    )


def modes(manifests: Iterable[Manifest]) -> dict[Key, str]:
    """Return the mode that each incident's manifest asks for; nothing else has one."""
    return {one.key: str(one.spec.get("mode", DEFAULT_MODE)) for one in manifests if _is_incident(one.key)}
