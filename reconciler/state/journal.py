"""The journal: what was about to be sent, and what came of it; two lines an action, appended, never rewritten.

A line reaches the operating system before the request leaves, so a killed process loses nothing; it is synced
to the disk every second and at the end, so a power cut loses a second at most. A torn last line is left out:
its request had not been sent, or its answer is found again.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.model import Create, Key, Post, Step
from reconciler.state.disk import explained
from reconciler.state.record import GENERATION, UNREADABLE, Record, State, tombstone, with_stone, without_stone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

SYNC_EVERY = 1.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that was about to be sent. `sent` are its leaves by path; `time` is Unix seconds."""

    step: Step
    idempotency_key: str
    method: str
    path: str
    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    time: float

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
        }


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

    def without(self, fields: Mapping[Key, Collection[str]]) -> Memory:
        """Return the same memory without some fields (paths as text) of some resources."""
        records = dict(self.state.records)
        for key, names in fields.items():
            if key in records:
                kept = {path: one for path, one in records[key].fields.items() if path not in names}
                records[key] = replace(records[key], fields=kept)
        return replace(self, state=replace(self.state, records=records))


class Journal:
    """An open journal; safe to write to from several threads. Raises `OSError` where the disk will not have it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._end_torn_line()
        self._lock = threading.Lock()
        self._synced = time.monotonic()

    def intent(self, intent: Intent) -> None:
        """Note what is about to be sent."""
        self._write(intent.to_json())

    def outcome(self, step: Step, records: Mapping[Key, Record]) -> None:
        """Note what came of it; `records` are what is known since, none where it was refused."""
        told = {str(key): record.to_json() for key, record in records.items()}
        self._write({"outcome": [step.verb, str(step.key)], "records": told})

    def observed(self, records: Mapping[Key, Record]) -> None:
        """Note what was seen and needs no request; raises `Refused` where the disk does not take it."""
        # A resource before its children: another ID of it makes those that are known void.
        with explained(self._path):
            for key, record in sorted(records.items()):
                self.outcome(Step("see", key), {key: record})

    def buried(self, step: Step, key: Key, why: str, at: str = "") -> None:
        """Note that a resource became a tombstone, with its children."""
        self._write({"outcome": [step.verb, str(step.key)], "records": {}, "buried": [str(key), why, at]})

    def used(self, plan_id: str) -> None:
        """Note that a saved plan is applied from here on; raises `Refused` where the disk does not take it."""
        with explained(self._path):
            self._write({"used": plan_id})
            self.sync()

    def sync(self) -> None:
        """Bring everything to the disk."""
        with self._lock:
            os.fsync(self._file)
            self._synced = time.monotonic()

    def close(self) -> None:
        """Bring everything to the disk and let go of the file; raises `Refused` where the disk does not take it."""
        try:
            with explained(self._path):
                self.sync()
        finally:
            os.close(self._file)

    def _end_torn_line(self) -> None:
        """Let a line that a run died in stand by itself: what comes next must not be torn with it."""
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def _write(self, entry: dict[str, Any]) -> None:
        line = _line(entry)
        with self._lock:
            if os.write(self._file, line) != len(line):
                # A torn line must not swallow the next one.
                os.write(self._file, b"\n")
                raise OSError(28, os.strerror(28))
            if time.monotonic() - self._synced >= SYNC_EVERY:
                os.fsync(self._file)
                self._synced = time.monotonic()


def text_of(intents: Iterable[Intent]) -> bytes:
    """Return a journal that holds these intents and nothing else."""
    return b"".join(_line(intent.to_json()) for intent in intents)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def replay(state: State, text: bytes, name: str) -> Memory:
    """Return the state with a journal's outcomes in it, and the intents left open.

    Raises `Refused` where a whole line is none of this program's; a torn one is passed over.
    """
    pending: dict[Step, Intent] = {}
    lines = text.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        try:
            if "intent" in entry:
                intent = _intent(entry)
                # An edit is made again from what differs; only what was to be made can be left half done.
                if intent.step.verb in {Create.verb, Post.verb}:
                    pending[intent.step] = intent
            elif "used" in entry:
                state = state.with_used(entry["used"])
            else:
                newer = _records(entry["records"])
                state = merge(state, newer)
                if "buried" in entry:
                    key, why, at = entry["buried"]
                    state = state.bury(Key.parse(key), why, at)
                ended = {_step(entry["outcome"]), *(Step(verb, key) for key in newer for verb in ("create", "post"))}
                pending = {name: intent for name, intent in pending.items() if name not in ended}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{name}:{number}: not a journal of this program", UNREADABLE) from None
    return Memory(state, pending)


def merge(state: State, newer: Mapping[Key, Record]) -> State:
    """Return the state with newer records in it; a newer one keeps what it does not tell of the same object.

    A resource that is another object by now has none of the old one's children; what was an earlier generation
    becomes a tombstone, and a tombstone whose object is managed again is none any more.
    """
    merged, stones = dict(state.records), state.tombstones
    for key, record in sorted(newer.items()):
        old = merged.get(key)
        if old is not None and old.id == record.id:
            merged[key] = _combined(old, record)
            continue
        if old is not None and not key.child:
            if old.generation != record.generation:
                stones = with_stone(stones, tombstone(merged, key, GENERATION))
            merged = {name: one for name, one in merged.items() if name.parent != key}
        stones = without_stone(stones, key, record.id)
        merged[key] = record
    return replace(state, records=merged, tombstones=stones)


def _combined(old: Record, newer: Record) -> Record:
    told = {
        name: getattr(newer, name) or getattr(old, name)
        for name in ("idempotency_key", "mode", "on_remove", "reference", "link")
    }
    fields = {**old.fields, **newer.fields}
    return replace(newer, how=old.how, generation=old.generation, fields=fields, **told)


def _step(value: Iterable[str]) -> Step:
    verb, key = value
    return Step(verb, Key.parse(key))


def _records(value: Mapping[str, Any]) -> dict[Key, Record]:
    return {Key.parse(key): Record.from_json(record) for key, record in value.items()}


def _intent(entry: Mapping[str, Any]) -> Intent:
    names = ("method", "path", "body", "sent", "time")
    return Intent(_step(entry["intent"]), entry["key"], **{name: entry[name] for name in names})
