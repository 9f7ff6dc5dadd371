"""What is remembered of an account: per resource its ID, and per field what was sent and what was answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.model import Key, Leaf, Leaves, Path

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """One field's memory, both sides in canonical form."""

    sent: Any
    answered: Any


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
    reference: str = ""
    link: str = ""
    fields: Mapping[str, FieldRecord] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the record as the state file holds it; what is empty is left out."""
        plain = {name: getattr(self, name) for name in _TEXTS if getattr(self, name)}
        return (
            {"id": self.id}
            | plain
            | {"fields": {path: [kept.sent, kept.answered] for path, kept in self.fields.items()}}
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Record:
        """Read a record; raises `KeyError`, `TypeError` or `ValueError` where it is none."""
        fields = {path: FieldRecord(sent, answered) for path, (sent, answered) in value["fields"].items()}
        return cls(**{name: value[name] for name in _TEXTS if name in value}, fields=fields)

    def learn(self, fields: Mapping[str, FieldRecord]) -> Record:
        """Return the record with newer memories of some fields."""
        return replace(self, fields={**self.fields, **fields})


_TEXTS = ("id", "how", "idempotency_key", "generation", "mode", "on_remove", "reference", "link")


@dataclass(frozen=True, slots=True)
class Account:
    """Which account a state belongs to; `dashboard_url` is the only thing that tells two apart."""

    base_url: str = ""
    dashboard_url: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered. `tombstones` are what was abandoned; later versions write them, all keep them."""

    workspace: str = ""
    account: Account = Account()
    serial: int = 0
    records: Mapping[Key, Record] = field(default_factory=dict)
    tombstones: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the state as its file holds it."""
        return {
            "format_version": FORMAT_VERSION,
            "workspace": self.workspace,
            "account": {"base_url": self.account.base_url, "dashboard_url": self.account.dashboard_url},
            "serial": self.serial,
            "resources": {str(key): record.to_json() for key, record in sorted(self.records.items())},
            "tombstones": dict(self.tombstones),
        }

    @classmethod
    def from_json(cls, value: Any, name: str) -> State:
        """Read a state; `name` is what messages call its file.

        Raises `Refused` where it is no state, or one of a newer format.
        """
        try:
            if value["format_version"] > FORMAT_VERSION:
                raise Refused(
                    f"{name}: written by a newer version (format {value['format_version']})",
                    "upgrade: pip install --upgrade incident-reconciler",
                )
            return cls(
                workspace=value["workspace"],
                account=Account(**value["account"]),
                serial=value["serial"],
                records={Key.parse(key): Record.from_json(one) for key, one in value["resources"].items()},
                tombstones=value["tombstones"],
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{name}: not a state of this program", UNREADABLE) from None


UNREADABLE = "move the file away and run again: what it told is found again in the account"


def path_text(path: Path) -> str:
    """Return a field's path as state and journal write it: `custom_fields/01H…`."""
    return "/".join(map(str, path))


def remember(sent: Leaves, answered: Leaves) -> dict[str, FieldRecord]:
    """Return what to remember of the leaves that a request carried and of those that came back.

    `sent` holds no `Ref`s any more. What cannot be read back counts as answered as it was sent; an entry of
    a map that did not come back counts as unset.
    """
    unanswered = {path: Leaf(None) if len(path) > 1 else leaf for path, leaf in sent.items()}
    back = {**unanswered, **answered}
    return {path_text(path): FieldRecord(leaf.value, back[path].value) for path, leaf in sent.items()}
