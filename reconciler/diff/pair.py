"""A resource beside its live object, with what is remembered of it: what is decided from. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import identity
from reconciler.diff import telling
from reconciler.model import Cause, Leaf, Notice, Path, Refusal, Why
from reconciler.state.record import FieldRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.diff.fields import Difference
    from reconciler.diff.rules import Around, Rules
    from reconciler.diff.updates import Recognised
    from reconciler.identity import Matched
    from reconciler.kinds.spec import Drift, Kind
    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Desired, Drifted, Fate, Key, Live, Source, Topic
    from reconciler.state.record import Record

STATUS: Path = ("status",)
SEVERITY: Path = ("severity",)


@dataclass(frozen=True, slots=True)
class Pair:
    """A resource that exists. `record` is what state knows of this very object, `updates` which of them are there."""

    kind: Kind
    desired: Desired
    match: Matched
    live: Live
    record: Record | None
    around: Around
    rules: Rules
    updates: Recognised

    @property
    def key(self) -> Key:
        """Return who it is."""
        return self.desired.key

    @property
    def is_strange(self) -> bool:
        """Return whether it is only now adopted, so that what stands in it may be what people did to it."""
        return not self.kind.natural_key and (self.record is None or self.record.is_bare or self.record.how == "key")

    @property
    def is_unknown(self) -> bool:
        """Return whether nothing is known of it besides its ID."""
        return self.record is None or self.record.is_bare

    def told(self, one: Difference) -> Difference:
        """Return a difference as it is told: an incident's own key is nobody's to change."""
        return replace(one, cause=self._cause_of_key(one)) if self.is_marker(one.path) else one

    def is_marker(self, path: Path) -> bool:
        """Return whether a field is the one that carries incidents' keys."""
        return path == ("custom_fields", self.rules.marker)

    def _cause_of_key(self, one: Difference) -> Cause:
        if one.record is not None and one.live.value != one.record.answered:
            return Cause.CLEARED
        if one.live.value is None:
            return Cause.UNMARKED
        whose = identity.owner(str(one.live.text), self.rules.namespace, self.kind.name)
        is_stated = self.match.how == "metadata.id"
        return Cause.OTHER_KEY if is_stated or whose is None or whose.key == self.key else Cause.RENAMED

    def policy(self, field: str) -> Drift:
        """Return what happens to a field that somebody changed outside."""
        return self.rules.drift(self.kind.name, field)

    @property
    def anew(self) -> str:
        """Return what to write so that it is declared anew."""
        first = "take `id:` out and " if "id" in self.desired.manifest.metadata else ""
        return f"{first}raise `metadata.generation`"

    def refuse(self, why: Why, message: str, hint: str, field: str = "") -> Refusal:
        """Return the reason to leave it alone, at the field's place."""
        at = self.desired.manifest.at(field) if field else self.desired.source
        return Refusal(why, self.key, at, message, hint)

    def drifted(self, one: Difference, fate: Fate, source: Source | None = None) -> Drifted:
        """Return a difference as reports tell it."""
        at = source or self.desired.manifest.at(one.field)
        return one.told(self.key, at, fate, self.rules.called)

    def notice(self, topic: Topic, one: Drifted, source: Source, hint: str = "") -> Notice:
        """Return what a report says of something that others changed and that is left as it is."""
        return Notice(topic, one.key, telling.notice(topic, one), source, hint, one)

    def left_to_a_person(self, moved: Sequence[Drifted]) -> Refusal:
        """Return that these changes are left to a person by the drift policy of their fields."""
        fields = list(dict.fromkeys(one.field for one in moved))
        policies = ", ".join(f"{field}: overwrite" for field in fields)
        value, them = ("value", "it") if len(fields) == 1 else ("values", "them")
        hint = (
            f"write the live {value} of {' and '.join(fields)} into the manifest, or let this run overwrite {them} "
            f"with `--on-drift overwrite` (`drift: {{{self.kind.name}: {{{policies}}}}}` in reconciler.yaml: always)"
        )
        why = Why.DRIFTED if all(map(telling.is_drift_alone, moved)) else Why.CONFLICT
        return replace(self.refuse(why, telling.refusal(moved), hint, fields[0]), moved=tuple(moved))


def accepted(record: Record | None, wanted: Leaf | None, live: Live, lifecycle: Lifecycle) -> Record | None:
    """Return the record as if what is wanted had been left, where an incident was last answered in triage.

    No status is taken there, whichever was sent: whoever accepts it chooses its first one, and that is theirs.
    """
    known, now = record.fields.get("status") if record else None, live.leaves.get(STATUS)
    if record is None or known is None or wanted is None or now is None:
        return record
    if lifecycle.is_triage(now) or not lifecycle.is_triage(Leaf(known.answered)):
        return record
    return replace(record, fields={**record.fields, "status": FieldRecord(wanted.value, wanted.value)})


def settled(record: Record | None, live: Live, lifecycle: Lifecycle) -> Record | None:
    """Return the record as if a post-incident status were the one answered last.

    The server moves an incident through these by itself, so there only the category tells whether people moved it.
    Triage, where an incident was put that was declared as over, was never asked for: it is still to be moved.
    """
    known, now = record.fields.get("status") if record else None, live.leaves.get(STATUS)
    if record is None or known is None or now is None:
        return record
    if lifecycle.was_put_into_triage(now, known.sent, known.answered):
        return replace(record, fields={**record.fields, "status": FieldRecord(now.value, now.value)})
    if not lifecycle.is_settled(now, Leaf(known.answered)):
        return record
    return replace(record, fields={**record.fields, "status": replace(known, answered=now.value)})
