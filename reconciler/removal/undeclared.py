"""What state remembers and no manifest declares any more: which it is, what must be read of it, what is there. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler import alike, kinds
from reconciler.diff.rules import live_of
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Create, Notice, Topic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

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
class Removed:
    """What is remembered and not declared any more; `prune` says that it is to go.

    `is_whole` tells whether the manifests are all there are: only then is anything known to be gone. `tells_drift` asks
    for what people did to it.
    """

    records: Mapping[Key, Record] = field(default_factory=dict)
    prune: bool = False
    is_whole: bool = False
    tells_drift: bool = False


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
            hint = "put its manifest back and apply, which finds out; or look whether it is there, and "
            hint += f"`reconciler state rm {name.key}` forgets that it was asked for"
            yield Notice(Topic.UNDECLARED, name.key, message, hint=hint)


def ids_to_read(records: Mapping[Key, Record], *, every: bool = False) -> dict[Key, set[str]]:
    """Return the incidents whose status tells what becomes of them; with `every` the others as well."""
    return {
        key: {one.id} for key, one in records.items() if key.kind == INCIDENT.name and (every or one.on_remove == CLOSE)
    }


def kinds_to_read(records: Mapping[Key, Record], *, every: bool = False) -> set[str]:
    """Return the listings that tell what becomes of configuration, and in which status an incident can end.

    With `every` also those that call what was left in its fields by their names.
    """
    listed = {key.kind for key in records if kinds.KINDS[key.kind].natural_key}
    listed |= {"IncidentStatus"} if ids_to_read(records) else set()
    for key, record in records.items() if every else ():
        fields = kinds.KINDS[key.kind].fields
        names = {path.split("/")[0] for path in record.fields} & fields.keys()
        listed |= {listing for name in names for listing in fields[name].type.listings()}
    return listed


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
