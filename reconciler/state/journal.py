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
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reconciler.model import Step
from reconciler.state.disk import explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.model import Key, Rename
    from reconciler.state.memory import Intent
    from reconciler.state.record import Record

SYNC_EVERY = 1.0
"""Seconds."""


class Journal:
    """An open journal; safe to write to from several threads. Raises `OSError` where the disk will not have it."""

    def __init__(self, path: Path, head: bytes = b"") -> None:
        """Open the journal at a path, or begin one there with this head."""
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if head and not os.fstat(self._file).st_size and os.write(self._file, head) != len(head):
            raise OSError(28, os.strerror(28))
        self._end_torn_line()
        self._lock = threading.Lock()
        self._synced = time.monotonic()

    @property
    def path(self) -> Path:
        """Return where it lies."""
        return self._path

    def intent(self, intent: Intent) -> None:
        """Note what is about to be sent."""
        self._write(intent.to_json())

    def outcome(self, step: Step, records: Mapping[Key, Record]) -> None:
        """Note what came of it; `records` are what is known since, none where it was refused."""
        told = {str(key): record.to_json() for key, record in records.items()}
        self._write({"outcome": [step.verb, str(step.key)], "records": told})

    def observed(self, records: Mapping[Key, Record]) -> None:
        """Note what was seen and needs no request; raises `Refused` where the disk does not take it."""
        # A resource before its children: another ID of it makes those that are known void. All of it in one line, as
        # what is seen of an update says how to read what is seen of its incident.
        with explained(self._path):
            for key, together in groupby(sorted(records.items()), key=lambda seen: seen[0].parent):
                self.outcome(Step("see", key), dict(together))

    def renamed(self, rename: Rename) -> None:
        """Note that a resource has another name, with all of its own."""
        names = [str(rename.old), str(rename.new), rename.idempotency_key]
        self._write({"outcome": ["rename", str(rename.new)], "records": {}, "renamed": names})

    def buried(self, step: Step, key: Key, why: str, at: str = "") -> None:
        """Note that a resource became a tombstone, with its children."""
        self._write({"outcome": [step.verb, str(step.key)], "records": {}, "buried": [str(key), why, at]})

    def used(self, plan_id: str) -> None:
        """Note that all of a saved plan was done; raises `Refused` where the disk does not take it."""
        with explained(self._path):
            self._write({"used": plan_id})
            self.sync()

    def text(self, begin: int = 0) -> bytes:
        """Return what stands in it from a byte on, though its file be gone."""
        return os.pread(self._file, os.fstat(self._file).st_size - begin, begin)

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
                self._put_back()
        finally:
            os.close(self._file)

    def _put_back(self) -> None:
        """Write what was noted where it is looked for, if somebody took the file away meanwhile.

        Whoever runs there by now has a file of their own, and goes on with it.
        """
        if self._path.exists() and os.path.samestat(self._path.stat(), os.fstat(self._file)):
            return
        text = self.text()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, text)
            os.fsync(file)
        finally:
            os.close(file)

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


def head_of(workspace: str) -> bytes:
    """Return the line that says whose journal it is."""
    return _line({"workspace": workspace})


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
