"""What the comparison is told besides desired and live: memory, policy, lifecycle, who keys are made for. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import identity, kinds, refs
from reconciler.kinds.incident import UPDATE
from reconciler.model import Change, Desired, Drifted, Fate, Key, Live, Notice, Observation, Refusal, Step, step
from reconciler.state.record import Record, path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.identity import Matched
    from reconciler.kinds.spec import Drift, Kind
    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Leaf, Leaves, Path, Ref
    from reconciler.state.memory import Memory


HELD = f"{UPDATE.listed}/"
"""Where records of incidents tell of moves that updates are to go without: no field of theirs."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`drift` answers for a kind and a field; `marker` is the ID of the field that carries incidents' keys."""

    namespace: str
    memory: Memory
    lifecycle: Lifecycle
    drift: Callable[[str, str], Drift]
    marker: str | Ref = ""
    always_triage: frozenset[str] = frozenset()
    """Incident types whose incidents start in triage whatever is sent."""
    private_only: frozenset[str] = frozenset()
    """Incident types that take no public incident."""
    default_type: Leaf | None = None
    """The type of an incident that states none."""
    names_in_keys: Mapping[Key, str] = field(default_factory=dict)
    """What a resource is called in its keys, where it was renamed since."""
    declared: frozenset[Key] = frozenset()
    """All resources with a manifest."""
    children: frozenset[str] = frozenset()
    """The updates, timeline items and options (IDs) that are remembered, declared still or not."""
    called: Callable[[Any], Any] = str
    """What people call a value that was answered once."""
    key_name: str = ""
    """What the API key that runs is called."""

    def record(self, key: Key, identifier: str) -> Record | None:
        """Return what is known of an object, if it is this one."""
        known = self.memory.record(key)
        return known if known and known.id == identifier else None

    def idempotency_key(self, desired: Desired, key: Key) -> str:
        """Return the key that creating it carries."""
        named = replace(key, name=self.names_in_keys.get(desired.key, key.name))
        return identity.idempotency_key(self.namespace, named, generation(desired))


def generation(desired: Desired) -> str:
    """Return which declaration of this name it is."""
    return str(desired.manifest.metadata.get("generation", identity.DEFAULT_GENERATION))


def on_remove(desired: Desired) -> str:
    """Return what happens to an incident when its manifest goes away; nothing for configuration."""
    return str(desired.manifest.spec.get("on_remove", "abandon")) if kinds.KINDS[desired.key.kind].keyed else ""


def protect(desired: Desired) -> str:
    """Return whether a resource outlives its manifest, as state remembers it."""
    return "yes" if desired.manifest.metadata.get("protect") else "no"


@dataclass(frozen=True, slots=True)
class Around:
    """What lists tell about one object besides itself: updates, timeline items, options; None where not read."""

    updates: Sequence[Mapping[str, Any]] | None = None
    children: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By the noun of the child's kind."""
    only_told: frozenset[str] = frozenset()
    """Nouns of children that were read to tell what became of them: a plan that is applied does not look."""


@dataclass(slots=True)
class Diff:
    """What comparing one resource comes to; grows while it is compared, in the order of its steps."""

    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    observed: dict[Key, Observation] = field(default_factory=dict)
    drifted: list[Drifted] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Append a step."""
        self.changes.append(change)

    def leave(self, paths: Iterable[Path]) -> None:
        """Note that these fields stay as others left them, whatever their policy."""
        left = set(paths)
        self.drifted[:] = [replace(one, fate=Fate.KEPT) if one.path in left else one for one in self.drifted]

    @property
    def after(self) -> tuple[Step, ...]:
        """Return what the next step comes after: an object's steps are in order."""
        return (step(self.changes[-1]),) if self.changes else ()

    def refused(self, refusal: Refusal) -> Diff:
        """Return the same resource left alone whole, with the reason."""
        left = [replace(one, fate=Fate.REFUSED) if one.fate is Fate.OVERWRITTEN else one for one in self.drifted]
        return Diff(refusals=[refusal], notices=self.notices, drifted=left)


def observation(
    desired: Desired, match: Matched, live: Live, declared: Leaves, record: Record | None, rules: Rules
) -> Observation | None:
    """Return what state should learn of an object that is left as it is; None where it knows it all."""
    plain = {path: leaf for path, leaf in declared.items() if not any(refs.find([*path, leaf.value]))}
    answered = {path: live.leaves[path] for path in plain if path in live.leaves}
    news = {path: leaf for path, leaf in plain.items() if not _is_known(path, leaf, answered, record)}
    stated = {path_text(path) for path in desired.leaves}
    stated |= _asked_at_creation(desired, record, rules)
    known = (path for path in record.fields if not path.startswith(HELD)) if record else ()
    forgotten = tuple(sorted(set(known) - stated))
    if record and not news and not forgotten and _is_as_told(record, desired):
        return None
    return Observation(
        id=live.id,
        how=record.how if record else match.how,
        declared=news,
        answered=answered,
        forgotten=forgotten,
        generation=generation(desired),
        mode=str(desired.manifest.spec.get("mode", "")),
        on_remove=on_remove(desired),
        protect=protect(desired),
        reference=live.reference,
        link=live.link,
        idempotency_key=rules.idempotency_key(desired, desired.key) if desired.key in rules.names_in_keys else "",
    )


def _is_as_told(record: Record, desired: Desired) -> bool:
    """Return whether state knows what happens to a resource when its manifest goes away."""
    return record.on_remove == on_remove(desired) and (record.protect or "no") == protect(desired)


def _asked_at_creation(desired: Desired, record: Record | None, rules: Rules) -> set[str]:
    """Return the fields that were sent with the create though the manifest's own do not state them."""
    first = {("status",): rules.lifecycle.first_live} if rules.lifecycle.first_live else {}
    asked = {path_text(path): leaf.value for path, leaf in (first | desired.creation).items() if leaf}
    sent = record.fields if record else {}
    return {path for path, value in asked.items() if path in sent and sent[path].sent == value}


def _is_known(path: Any, leaf: Any, answered: Leaves, record: Record | None) -> bool:
    known = record.fields.get(path_text(path)) if record else None
    there = answered[path].value if path in answered else None if len(path) > 1 else leaf.value
    return known is not None and not known.is_found and (known.sent, known.answered) == (leaf.value, there)


def live_of(kind: Kind, raw: Mapping[str, Any]) -> Live:
    """Return an object of the account as leaves."""
    return Live(raw["id"], kind.observe(raw), raw, raw.get("reference", ""), raw.get("permalink", ""))
