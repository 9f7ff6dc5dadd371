"""A key and what an object is called in; the object, and what state remembers of it from then on, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler import alike, kinds
from reconciler.errors import Misused, Refused
from reconciler.live import read_incident
from reconciler.state import IMPORTED, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Client
    from reconciler.model import Key
    from reconciler.state import Memory


@dataclass(frozen=True, slots=True)
class Imported:
    """An object of the account that a key means from now on."""

    key: Key
    raw: Mapping[str, Any]
    generation: str

    @property
    def known_as(self) -> str:
        """Return its reference, or its ID."""
        return str(self.raw.get("reference") or self.raw["id"])

    @property
    def record(self) -> Record:
        """Return what is remembered of it: who it is, and nothing of its fields."""
        return Record(
            id=self.raw["id"],
            how=IMPORTED,
            generation=self.generation,
            mode=self.raw.get("mode", ""),
            reference=self.raw.get("reference", ""),
            link=self.raw.get("permalink", ""),
        )


def find(client: Client, key: Key, text: str) -> Mapping[str, Any]:
    """Return the object that a text means; raises `Refused` where the account shows none or several, and `ApiError`."""
    kind = kinds.KINDS.get(key.kind)
    if kind is None or key.child:
        raise Misused(f"`{key}` cannot be imported", f"write {' or '.join(f'{name}/NAME' for name in kinds.KINDS)}")
    if not kind.natural_key:
        found = read_incident(client, text)
        if found is None:
            raise Refused(
                f"the account shows no {kind.noun} `{text}` to this key",
                "correct it; a private incident takes a key with the role global_access",
            )
        return found
    objects = client.list(kind.path, kind.items, page_size=kind.page_size or None)
    named = [one for one in objects if one["id"] == text] or [
        one for one in objects if alike.title(one["name"]) == alike.title(text)
    ]
    if len(named) > 1:
        raise Refused(f"{len(named)} {kind.plural} are called `{text}`", f"name its ID: {_ids(named)}")
    if not named:
        raise Refused(f"the account has no {kind.noun} `{text}`", "name its ID, or what people call it")
    return named[0]


def _ids(objects: list[dict[str, Any]]) -> str:
    return " or ".join(one["id"] for one in objects)


def check(imported: Imported, memory: Memory) -> None:
    """Raise `Refused` where the key means another object already, or where another key means this one."""
    known = memory.record(imported.key)
    if known and known.id != imported.raw["id"]:
        raise Refused(
            f"{imported.key} is managed as {known.reference or known.id} already",
            f"`reconciler state rm {imported.key}` forgets that first",
        )
    for key, record in memory.state.records.items():
        if record.id == imported.raw["id"] and key != imported.key and not key.child:
            raise Refused(
                f"{imported.known_as} is managed by {key}",
                f"`reconciler state mv {key} {imported.key}` gives it this name",
            )
