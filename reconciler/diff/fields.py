"""Fields: desired x live x last applied -> which differ, and why. Pure; the only user of deepdiff.

A field is unchanged when the manifest's value is the one last sent and the live value is the one last answered, so
the server's own rewriting never shows. Only where nothing is recorded are the two compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.kinds.spec import Drift
from reconciler.model import Cause, Drifted, Fate, FieldChange, Leaf, Leaves, Path
from reconciler.state.record import FieldRecord, path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.kinds.spec import Field
    from reconciler.model import Key, Source


OUTSIDE = frozenset({Cause.DRIFT, Cause.BOTH})
"""Causes by which somebody else changed a field since it was last written."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose value is not the one that is wanted."""

    path: Path
    desired: Leaf
    live: Leaf
    cause: Cause
    record: FieldRecord | None = None

    @property
    def is_drift(self) -> bool:
        """Return whether somebody changed it outside since it was last written."""
        return self.cause in OUTSIDE or self.cause is Cause.CLEARED

    @property
    def field(self) -> str:
        """Return the name of its row in the kind's table."""
        return str(self.path[0])

    @property
    def name(self) -> str:
        """Return it as people write it: `custom_fields.Affected services`."""
        return ".".join((self.field, *filter(None, (self.desired.label,))))

    @property
    def change(self) -> FieldChange:
        """Return it as a plan shows it."""
        old, new = self.live.text, self.desired.text
        added, removed = members(old, new)
        return FieldChange(self.name, old, new, self.cause, added, removed)

    def told(self, key: Key, source: Source, fate: Fate, called: Callable[[Any], Any], field: str = "") -> Drifted:
        """Return it as a report of drift shows it; `called` is what people call a value that was answered once."""
        return Drifted(
            key=key,
            source=source,
            path=self.path,
            name=self.name,
            field=field or self.field,
            left=self._left(called),
            live=self.live.text,
            desired=self.desired.text,
            cause=self.cause,
            fate=fate,
            is_set=self.live.value is not None,
        )

    def _left(self, called: Callable[[Any], Any]) -> Any:
        if self.record is None:
            return None
        return self.desired.text if self.record.answered == self.desired.value else called(self.record.answered)


def cause(desired: Leaf, live: Leaf | None, record: FieldRecord | None, *, is_ours: bool = True) -> Cause | None:
    """Return why a field differs, or None where it does not; `live` is None for what cannot be read back.

    What cannot be read back counts as what was last sent. Where that may have been forgotten, as the object is not
    known to be `is_ours`, it is taken for granted: nobody can tell.
    """
    if live is None:
        if record is None:
            return Cause.MANIFEST if is_ours else None
        return Cause.MANIFEST if record.sent != desired.value else None
    if record is None:
        return Cause.UNRECORDED if live.value != desired.value else None
    as_sent, as_answered = desired.value == record.sent, live.value == record.answered
    if (as_sent and as_answered) or desired.value == live.value:
        return None
    if as_answered:
        return Cause.UNRECORDED if record.is_found else Cause.MANIFEST
    return Cause.DRIFT if as_sent else Cause.BOTH


def differences(
    fields: Mapping[str, Field],
    desired: Leaves,
    live: Leaves,
    records: Mapping[str, FieldRecord],
    *,
    is_ours: bool = True,
) -> Iterator[Difference]:
    """Yield the leaves that differ, in the order of the manifest; `is_ours` where state knows all that was sent."""
    for path, leaf in desired.items():
        readable = fields[str(path[0])].live is not None
        there = live.get(path, Leaf(None)) if readable else None
        record = records.get(path_text(path))
        why = cause(leaf, there, record, is_ours=is_ours)
        if why:
            yield Difference(path, leaf, there or Leaf(None), why, record)


def members(old: Any, new: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return which members of a list come and which go; nothing where either is no list."""
    if not (isinstance(old, list) or isinstance(new, list)) or old == new:
        return (), ()
    from deepdiff import DeepDiff  # noqa: PLC0415  (127 ms, and most plans change no list)

    before, after = ([] if one is None else one if isinstance(one, list) else [one] for one in (old, new))
    found = DeepDiff(before, after, ignore_order=True, view="tree", threshold_to_diff_deeper=0)
    swapped = found.get("values_changed", [])
    came = [one.t2 for one in (*found.get("iterable_item_added", []), *swapped)]
    went = [one.t1 for one in (*found.get("iterable_item_removed", []), *swapped)]
    return tuple(sorted(came, key=str)), tuple(sorted(went, key=str))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of the differences: written, left to people, or a reason to leave the whole object alone."""

    write: tuple[Difference, ...]
    keep: tuple[Difference, ...]
    refuse: tuple[Difference, ...]


def fate(cause: Cause, policy: Drift) -> Fate:
    """Return what becomes of a field that differs; what nobody changed outside is written whatever the policy."""
    if policy is Drift.OVERWRITE or cause not in OUTSIDE:
        return Fate.OVERWRITTEN
    return Fate.KEPT if policy is Drift.KEEP and cause is Cause.DRIFT else Fate.REFUSED


def judge(found: Iterable[Difference], policy: Callable[[str], Drift]) -> Verdicts:
    """Decide each difference by the drift policy of its field."""
    fates: dict[Fate, list[Difference]] = {each: [] for each in Fate}
    for one in found:
        fates[fate(one.cause, policy(one.field))].append(one)
    return Verdicts(*(tuple(fates[each]) for each in (Fate.OVERWRITTEN, Fate.KEPT, Fate.REFUSED)))
