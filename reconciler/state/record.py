"""What is remembered of an account: per resource its ID, and per field what was sent and what was answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.errors import Refused
from reconciler.garbage import uncollected
from reconciler.model import Key, Leaf, Leaves, Path

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

FORMAT_VERSION = 1
MOST_USED_PLANS = 500
"""Saved plans whose use is remembered; the older ones are stale by then."""


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """One field's memory, both sides in canonical form."""

    sent: Any
    answered: Any
    is_found: bool = False
    """Whether nothing was ever sent: both sides are what stood there before it was ours to write."""


IMPORTED, REBUILT = "imported", "rebuilt"
"""How a record came to be that tells no more than an ID."""
MADE = frozenset({"created", "key"})
"""How records came to be of what this workspace itself declared."""
CHANGED = "changed"
"""How a record came to be that tells what one request changed, and nothing else of the object."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one resource or child.

    `how` says how it came to be managed: `created`, or `adopted` by some way of finding it. `generation`,
    `mode` and `on_remove` are those of incidents, for the day the manifest is gone.
    """

    id: str
    how: str = "created"
    idempotency_key: str = ""
    generation: str = "1"
    mode: str = ""
    on_remove: str = ""
    protect: str = ""
    """`yes`, `no`, or nothing where nobody said: what is newer may say that it is not protected any more."""
    reference: str = ""
    link: str = ""
    fields: Mapping[str, FieldRecord] = field(default_factory=dict)

    @property
    def is_protected(self) -> bool:
        """Return whether it outlives its manifest."""
        return self.protect == "yes"

    @property
    def names(self) -> tuple[str, ...]:
        """Return what it was called when it was last written: asked for, and answered."""
        kept = self.fields.get("name")
        return tuple(str(name) for name in (kept.sent, kept.answered) if name) if kept else ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as the state file holds it; what is empty is left out."""
        plain = {name: getattr(self, name) for name in _TEXTS if getattr(self, name)}
        return {"id": self.id} | plain | {"fields": {path: _as_list(kept) for path, kept in self.fields.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Record:
        """Read a record; raises `KeyError`, `TypeError` or `ValueError` where it is none."""
        fields = {path: _pair(kept) for path, kept in value["fields"].items()}
        told = {name: as_text(value[name]) for name in _TEXTS if name in value}
        return cls(**told, fields=fields)

    @property
    def is_bare(self) -> bool:
        """Return whether no more than the ID is known, as a person or a search told it."""
        return self.how in {IMPORTED, REBUILT} and not self.fields

    def learn(self, fields: Mapping[str, FieldRecord]) -> Record:
        """Return the record with newer memories of some fields."""
        return replace(self, fields={**self.fields, **fields})


_TEXTS = ("id", "how", "idempotency_key", "generation", "mode", "on_remove", "protect", "reference", "link")


def as_text(value: Any) -> str:
    """Return a text as it is; raises `TypeError` for anything else: a file by hand may hold it."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping as it is; raises `TypeError` for anything else."""
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


FOUND = "found"


def _as_list(kept: FieldRecord) -> list[Any]:
    return [kept.sent, kept.answered, *([FOUND] if kept.is_found else [])]


def _pair(value: Any) -> FieldRecord:
    """Return what was sent and answered; a text of two letters is no such pair."""
    if not isinstance(value, list):
        raise TypeError(value)
    sent, answered, *how = value
    if how not in ([], [FOUND]):
        raise ValueError(value)
    return FieldRecord(sent, answered, bool(how))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A resource that its key means no longer: abandoned, or an earlier generation. All that was known of it stays.

    `at` is when, as RFC 3339 tells it; empty where nobody noted it. `children` are the records of its own, so that
    no update of it is posted again where it comes back.
    """

    key: Key
    record: Record
    why: str
    at: str = ""
    children: Mapping[Key, Record] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the live ID."""
        return self.record.id

    @property
    def reference(self) -> str:
        """Return the reference of an incident, such as INC-142."""
        return self.record.reference

    @property
    def generation(self) -> str:
        """Return which declaration of the name it was."""
        return self.record.generation

    def renamed(self, key: Key) -> Tombstone:
        """Return the same tombstone under another name."""
        children = {Key(key.kind, key.name, name.child): one for name, one in self.children.items()}
        return replace(self, key=key, children=children)

    def to_json(self) -> dict[str, Any]:
        """Return the tombstone as the state file holds it."""
        told = self.record.to_json() | {"why": self.why} | ({"at": self.at} if self.at else {})
        children = {"/".join(key.child): one.to_json() for key, one in sorted(self.children.items())}
        return told | ({"children": children} if children else {})

    @classmethod
    def from_json(cls, key: Key, value: Mapping[str, Any]) -> Tombstone:
        """Read a tombstone, also one that tells no more than an ID; raises as `Record.from_json` does."""
        children = {
            Key.parse(f"{key}/{name}"): Record.from_json(one) for name, one in value.get("children", {}).items()
        }
        record = Record.from_json({"fields": {}} | dict(value))
        return cls(key, record, as_text(value.get("why", ABANDONED)), as_text(value.get("at", "")), children)


ABANDONED = "abandoned"
GENERATION = "a generation was raised or lowered"
"""Why something became a tombstone."""

Tombstones: TypeAlias = "Mapping[Key, tuple[Tombstone, ...]]"


def tombstone(records: Mapping[Key, Record], key: Key, why: str, at: str = "") -> Tombstone:
    """Return what becomes of a resource's record and those of its children."""
    children = {name: one for name, one in records.items() if name.parent == key and name != key}
    return Tombstone(key, records[key], why, at, children)


def with_stone(tombstones: Tombstones, stone: Tombstone) -> Tombstones:
    """Return the tombstones with one more; of one object there is only the latest."""
    others = tuple(one for one in tombstones.get(stone.key, ()) if one.id != stone.id)
    return {**tombstones, stone.key: (*others, stone)}


def without_stone(tombstones: Tombstones, key: Key, identifier: str) -> Tombstones:
    """Return the tombstones without the one of an object that is managed again."""
    if not any(one.id == identifier for one in tombstones.get(key, ())):
        return tombstones
    left = tuple(one for one in tombstones[key] if one.id != identifier)
    others = {name: every for name, every in tombstones.items() if name != key}
    return others | ({key: left} if left else {})


def _several(value: Any) -> list[Any]:
    """Return the tombstones of one key; earlier versions told of one without a list."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Account:
    """Which account a state belongs to; `dashboard_url` is the only thing that tells two apart."""

    base_url: str = ""
    dashboard_url: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered. `tombstones` are what a key meant before, and what was abandoned, oldest first."""

    workspace: str = ""
    account: Account = Account()
    serial: int = 0
    records: Mapping[Key, Record] = field(default_factory=dict)
    tombstones: Mapping[Key, tuple[Tombstone, ...]] = field(default_factory=dict)
    used_plans: tuple[str, ...] = ()
    """IDs of the saved plans of which all was done, the latest last: none is applied twice."""

    @property
    def managed(self) -> frozenset[str]:
        """Return the IDs of all resources that are managed or were: none of them is ever adopted by its looks."""
        now = {record.id for key, record in self.records.items() if not key.child}
        return frozenset(now | {one.id for every in self.tombstones.values() for one in every})

    def bury(self, key: Key, why: str, at: str = "") -> State:
        """Return the state with a resource and its children moved to the tombstones; the same where it has none."""
        if key not in self.records:
            return self
        kept = {name: one for name, one in self.records.items() if name.parent != key}
        stones = with_stone(self.tombstones, tombstone(self.records, key, why, at))
        return replace(self, records=kept, tombstones=stones)

    def with_used(self, plan_id: str) -> State:
        """Return the state with one more plan that was applied."""
        others = (one for one in self.used_plans if one != plan_id)
        return replace(self, used_plans=(*others, plan_id)[-MOST_USED_PLANS:])

    @uncollected()
    def to_json(self) -> dict[str, Any]:
        """Return the state as its file holds it."""
        return {
            "format_version": FORMAT_VERSION,
            "workspace": self.workspace,
            "account": {"base_url": self.account.base_url, "dashboard_url": self.account.dashboard_url},
            "serial": self.serial,
            "resources": {str(key): record.to_json() for key, record in sorted(self.records.items())},
            "tombstones": {
                str(key): [one.to_json() for one in every] for key, every in sorted(self.tombstones.items())
            },
            "used_plans": list(self.used_plans),
        }

    @classmethod
    @uncollected()
    def from_json(cls, value: Any, name: str, hint: str = "") -> State:
        """Read a state; `name` is what messages call its file.

        Raises `Refused` where it is no state (`hint` says what to do then), or one of a newer format.
        """
        try:
            if value["format_version"] > FORMAT_VERSION:
                raise Refused(
                    f"{name}: written by a newer version (format {value['format_version']})",
                    "upgrade: pip install --upgrade incident-reconciler",
                )
            return cls(
                workspace=as_text(value["workspace"]),
                account=Account(**{name: as_text(one) for name, one in value["account"].items()}),
                serial=int(value["serial"]),
                records={Key.parse(key): Record.from_json(one) for key, one in value["resources"].items()},
                tombstones={
                    Key.parse(key): tuple(Tombstone.from_json(Key.parse(key), one) for one in _several(every))
                    for key, every in value["tombstones"].items()
                },
                used_plans=tuple(map(str, value.get("used_plans", ()))),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{name}: not a state of this program", hint or UNREADABLE) from None


UNREADABLE = "move the file away and run again: what it told is found again in the account"


def require_workspace(told: str, workspace: str, name: str) -> None:
    """Raise `Refused` where a file (`name`) tells of another workspace than this one."""
    if told != workspace:
        raise Refused(
            f"{name}: belongs to workspace `{told}`, not to `{workspace}`",
            "put the old name back, or write it as `namespace:` in reconciler.yaml; each has a `state:` of its own",
        )


def path_text(path: Path) -> str:
    """Return a field's path as state and journal write it: `custom_fields/01H…`."""
    return "/".join(map(str, path))


def remember(sent: Leaves, answered: Leaves, found: Collection[Path] = ()) -> dict[str, FieldRecord]:
    """Return what to remember of the leaves that a request carried and of those that came back.

    `sent` holds no `Ref`s any more. What cannot be read back counts as answered as it was sent; an entry of
    a map that did not come back counts as unset. `found` were never sent, and stood there.
    """
    unanswered = {path: Leaf(None) if len(path) > 1 else leaf for path, leaf in sent.items()}
    back = {**unanswered, **answered}
    return {path_text(path): FieldRecord(leaf.value, back[path].value, path in found) for path, leaf in sent.items()}
