"""What state knows and manifests declare no more, or declare to be another → what is told: it stays as it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.identity import Matched
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import MEMBER
from reconciler.model import Notice, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.identity import Match
    from reconciler.model import Desired, Key
    from reconciler.names import Names
    from reconciler.state import Memory


def undeclared(desired: Mapping[Key, Desired], names: Names, memory: Memory) -> Iterable[Notice]:
    """Yield the children that state knows and no manifest declares any more."""
    declared = {child.key for one in desired.values() for child in one.children}
    for key, record in memory.state.records.items():
        if not key.child or key.kind != INCIDENT.name or key.parent not in desired or key in declared:
            continue
        owner = desired[key.parent]
        if key.child[0] == MEMBER.noun:
            users = names.facts("User")
            name = users[key.child[1]].text if key.child[1] in users else key.child[1]
            yield Notice(Topic.UNSTATED, key, f"no longer stated: member {name}; left as it is", owner.source)
            continue
        said = record.fields.get("message")
        again = _said_again(owner, said.sent, memory) if said else None
        hint = f"if `{again.child[1]}` is this one: `reconciler state mv {key} {again}`" if again else ""
        yield Notice(Topic.UNDECLARED, key, f"the {key.child[0]} stays as it is", owner.source, hint)


def let_go(desired: Mapping[Key, Desired], matches: Mapping[Key, Match], memory: Memory) -> Iterable[Notice]:
    """Yield the objects that resources were until now, where a manifest says that they are others."""
    held = {match.raw["id"]: key for key, match in matches.items() if isinstance(match, Matched)}
    for key, match in matches.items():
        record = memory.record(key)
        if record is None or not isinstance(match, Matched) or match.raw["id"] == record.id:
            continue
        was, now = record.reference or record.id, match.raw.get("reference") or match.raw["id"]
        next_one = "left as it is and managed by nobody"
        told = f"it was {was} until now, which is {held.get(record.id, next_one)} from here on"
        hint = f"if it is not {now}, put its `id:` or `generation:` back"
        yield Notice(Topic.WARNING, key, told, desired[key].source, hint)


def _said_again(owner: Desired, message: Any, memory: Memory) -> Key | None:
    """Return a declared update of the same words that nobody has posted yet: its ID may be a new one for an old one."""
    for child in owner.children:
        words = child.leaves.get(("message",))
        if words is not None and words.value == message and memory.record(child.key) is None:
            return child.key
    return None
