"""What a run starts from: the state, and what the journal of a run that did not end adds to it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from reconciler.errors import Refused
from reconciler.model import EDIT, Create, Key, Post, Step
from reconciler.state.record import (
    CHANGED,
    GENERATION,
    UNREADABLE,
    Record,
    State,
    as_mapping,
    as_text,
    require_workspace,
    tombstone,
    with_stone,
    without_stone,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from reconciler.state.record import Tombstone, Tombstones

MAKING = (Create.verb, Post.verb)
MOVES = ("status", "severity")
"""What people steer: of an edit that moves these, and whose answer nobody noted, the timeline tells what it did."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that was about to be sent. `sent` are its leaves by path; `time` is Unix seconds.

    `is_servers` tells whether the time is the API's; a machine's own clock may be hours off.
    """

    step: Step
    idempotency_key: str
    method: str
    path: str
    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    time: float
    is_servers: bool = False
    answered: str = ""
    """The ID of what the API answered, where that is not what was asked for."""

    def to_json(self) -> dict[str, Any]:
        """Return the intent as the journal holds it."""
        return {
            "intent": [self.step.verb, str(self.step.key)],
            "key": self.idempotency_key,
            "method": self.method,
            "path": self.path,
            "body": self.body,
            "sent": self.sent,
            "time": self.time,
            "clock": "api" if self.is_servers else "own",
        } | ({"answered": self.answered} if self.answered else {})


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run starts from: the state with the journal's outcomes in it, and the intents that have none."""

    state: State = field(default_factory=State)
    pending: Mapping[Step, Intent] = field(default_factory=dict)

    def record(self, key: Key) -> Record | None:
        """Return what is known of a resource or child."""
        return self.state.records.get(key)

    def only(self, ids: Mapping[Key, str | None]) -> Memory:
        """Return the same memory without what it knows of other objects: those of these resources have these IDs."""
        records = self.state.records
        others = {key for key, identifier in ids.items() if key in records and records[key].id != identifier}
        kept = {key: record for key, record in records.items() if key.parent not in others}
        return replace(self, state=replace(self.state, records=kept)) if others else self

    def renamed(self, old: Key, new: Key, idempotency_key: str = "") -> Memory:
        """Return the same memory with a resource and all of its own, or a child, under another name.

        It keeps the key that it was declared with: `idempotency_key`, where its record does not tell.
        """

        def named(key: Key) -> Key:
            return new if key == old else Key(new.kind, new.name, key.child) if key.parent == old else key

        records = {named(key): record for key, record in self.state.records.items()}
        if idempotency_key and new in records:
            told = records[new].idempotency_key or idempotency_key
            records[new] = replace(records[new], idempotency_key=told)
        stones: dict[Key, tuple[Tombstone, ...]] = {}
        for key, every in self.state.tombstones.items():
            moved = tuple(one.renamed(named(key)) for one in every)
            stones[named(key)] = (*stones.get(named(key), ()), *moved)
        pending = {
            Step(step.verb, named(step.key)): replace(intent, step=Step(step.verb, named(step.key)))
            for step, intent in self.pending.items()
        }
        return replace(self, state=replace(self.state, records=records, tombstones=stones), pending=pending)

    def revived(self, ids: Mapping[Key, str]) -> Memory:
        """Return the same memory with tombstones of these IDs managed again."""
        state = self.state
        for key, identifier in ids.items():
            for stone in state.tombstones.get(key, ()):
                if stone.id == identifier:
                    state = merge(state, {key: stone.record, **stone.children})
        return replace(self, state=state)

    def without(self, fields: Mapping[Key, Collection[str]]) -> Memory:
        """Return the same memory without some fields (paths as text) of some resources."""
        records = dict(self.state.records)
        for key, names in fields.items():
            if key in records:
                kept = {path: one for path, one in records[key].fields.items() if path not in names}
                records[key] = replace(records[key], fields=kept)
        return replace(self, state=replace(self.state, records=records))


def replay(state: State, text: bytes, name: str) -> Memory:
    """Return the state with a journal's outcomes in it, and the intents left open.

    Raises `Refused` where a whole line is none of this program's, or another workspace's; a torn one is passed over.
    """
    # One for all lines: a copy for each would cost more with each.
    memory = Memory(replace(state, records=dict(state.records)), {})
    for number, line in enumerate(text.split(b"\n"), 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        try:
            if "workspace" in entry:
                require_workspace(str(entry["workspace"]), state.workspace, name)
                continue
            memory = _with_line(memory, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{name}:{number}: not a journal of this program", UNREADABLE) from None
    return memory


def _with_line(memory: Memory, entry: Mapping[str, Any]) -> Memory:
    """Return memory with a line of a journal; its records and intents are changed in place where that does."""
    state, pending = memory.state, cast("dict[Step, Intent]", memory.pending)
    if "intent" in entry:
        intent = _intent(entry)
        # An edit is made again from what differs; what it wrote is nobody else's, though, also where people have moved
        # it back meanwhile.
        if intent.step.verb in (*MAKING, EDIT):
            pending[intent.step] = intent
        return memory
    if "used" in entry:
        return replace(memory, state=state.with_used(as_text(entry["used"])))
    newer = _records(entry["records"])
    stones = _take_in(cast("dict[Key, Record]", state.records), state.tombstones, newer)
    memory = memory if stones is state.tombstones else replace(memory, state=replace(state, tombstones=stones))
    if "buried" in entry:
        key, why, at = map(as_text, entry["buried"])
        memory = replace(memory, state=memory.state.bury(Key.parse(key), why, at))
    if "renamed" in entry:
        old, new, told = map(as_text, entry["renamed"])
        memory = memory.renamed(Key.parse(old), Key.parse(new), told)
    pending = dict(memory.pending) if memory.pending is not pending else pending
    for ended in (_step(entry["outcome"]), *(Step(verb, key) for key in newer for verb in (*MAKING, EDIT))):
        pending.pop(ended, None)
    if "buried" in entry or "renamed" in entry:
        return Memory(replace(memory.state, records=dict(memory.state.records)), pending)
    return memory


def merge(state: State, newer: Mapping[Key, Record]) -> State:
    """Return the state with newer records in it; a newer one keeps what it does not tell of the same object.

    A resource that is another object by now has none of the old one's children; what was an earlier generation
    becomes a tombstone, and a tombstone whose object is managed again is none any more. What was changed of an object
    that nothing else is known of (its state is lost, and the journal is not) tells too little: it is looked for again.
    """
    records = dict(state.records)
    return replace(state, records=records, tombstones=_take_in(records, state.tombstones, newer))


def _take_in(records: dict[Key, Record], stones: Tombstones, newer: Mapping[Key, Record]) -> Tombstones:
    """Put newer records among others, in place, and return the tombstones that there are then."""
    for key, record in sorted(newer.items()):
        old = records.get(key)
        if old is not None and old.id == record.id:
            records[key] = _combined(old, record)
            continue
        if record.how == CHANGED:
            continue
        if old is not None and not key.child:
            if old.generation != record.generation:
                stones = with_stone(stones, tombstone(records, key, GENERATION))
            for gone in [name for name in records if name.parent == key]:
                del records[gone]
        stones = without_stone(stones, key, record.id)
        records[key] = record
    return stones


def _combined(old: Record, newer: Record) -> Record:
    told = {
        name: getattr(newer, name) or getattr(old, name)
        for name in ("idempotency_key", "mode", "on_remove", "protect", "reference", "link")
    }
    fields = {**old.fields, **newer.fields}
    return replace(newer, how=old.how, generation=old.generation, fields=fields, **told)


def _step(value: Iterable[str]) -> Step:
    verb, key = value
    return Step(verb, Key.parse(key))


def _records(value: Mapping[str, Any]) -> dict[Key, Record]:
    return {Key.parse(key): Record.from_json(record) for key, record in value.items()}


def _intent(entry: Mapping[str, Any]) -> Intent:
    """Read an intent; raises as `_with_line` does where a part of it is not what it should be."""
    key, body, sent = as_text(entry["key"]), as_mapping(entry["body"]), as_mapping(entry["sent"])
    if key and body["idempotency_key"] != key:
        raise ValueError(key)
    return Intent(
        _step(entry["intent"]),
        key,
        as_text(entry["method"]),
        as_text(entry["path"]),
        body,
        sent,
        _seconds(entry["time"]),
        is_servers=entry.get("clock") == "api",
        answered=as_text(entry.get("answered", "")),
    )


def _seconds(value: Any) -> float:
    """Return a moment in Unix seconds; raises `TypeError` or `ValueError` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    if not 0 <= value <= LAST_MOMENT:
        raise ValueError(value)
    return float(value)


LAST_MOMENT = 4e9
"""The year 2096: what is later is no time that a run noted."""
