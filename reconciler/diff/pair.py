"""A resource beside its live object, with what is remembered of it: what is decided from. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model import Cause, Leaf, Path, Refusal, Why
from reconciler.state.record import FieldRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.diff.fields import Difference
    from reconciler.diff.rules import Around, Rules
    from reconciler.identity import Matched
    from reconciler.kinds.spec import Drift, Kind
    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Desired, Key, Live
    from reconciler.state.record import Record

STATUS: Path = ("status",)
SEVERITY: Path = ("severity",)


@dataclass(frozen=True, slots=True)
class Pair:
    """A resource that exists. `record` is what state knows of this very object."""

    kind: Kind
    desired: Desired
    match: Matched
    live: Live
    record: Record | None
    around: Around
    rules: Rules

    @property
    def key(self) -> Key:
        """Return who it is."""
        return self.desired.key

    @property
    def is_strange(self) -> bool:
        """Return whether it is only now adopted, so that what stands in it may be what people did to it."""
        return not self.kind.natural_key and (self.record is None or self.record.how == "key")

    def told(self, one: Difference) -> Difference:
        """Return a difference as it is told: an incident's own key is nobody's to change."""
        return replace(one, cause=Cause.UNMARKED) if one.path == ("custom_fields", self.rules.marker) else one

    def policy(self, field: str) -> Drift:
        """Return what happens to a field that somebody changed outside."""
        return self.rules.drift(self.kind.name, field)

    def refuse(self, why: Why, message: str, hint: str, field: str = "") -> Refusal:
        """Return the reason to leave it alone, at the field's place."""
        at = self.desired.manifest.at(field) if field else self.desired.source
        return Refusal(why, self.key, at, message, hint)

    def conflict(self, found: Sequence[Difference]) -> Refusal:
        """Return that these differences are left to a person by the drift policy of their fields."""
        names = " and ".join(one.name for one in found)
        sides = "drifted" if all(one.cause is Cause.DRIFT for one in found) else "changed in the manifest and outside"
        return self.left_to_a_person(f"{names} {sides}", found[0].field)

    def left_to_a_person(self, told: str, field: str) -> Refusal:
        """Return a refusal that the drift policy of a field asks for."""
        return self.refuse(
            Why.CONFLICT,
            f"{told}; the drift policy leaves that to a person",
            f"write the live value of {field} into the manifest, or set "
            f"`drift: {{{self.kind.name}: {{{field}: overwrite}}}}` in reconciler.yaml",
            field,
        )


def settled(record: Record | None, live: Live, lifecycle: Lifecycle) -> Record | None:
    """Return the record as if a post-incident status were the one answered last.

    The server moves an incident through these by itself, so there only the category tells whether people moved it.
    """
    known, now = record.fields.get("status") if record else None, live.leaves.get(STATUS)
    if record is None or known is None or now is None or not lifecycle.is_settled(now, Leaf(known.answered)):
        return record
    return replace(record, fields={**record.fields, "status": FieldRecord(known.sent, now.value)})


def reading(leaf: Leaf) -> str:
    """Return a value as a sentence tells it."""
    return "nothing" if leaf.text is None else str(leaf.text)
