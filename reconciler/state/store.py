"""The state's file, its journal and its lock, beside the manifests. Reading takes no lock and writes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.state.disk import explained
from reconciler.state.journal import Journal, Memory, replay, text_of
from reconciler.state.record import UNREADABLE, Account, State

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Store:
    """Where a state lies. `path` is its file; the journal and the lock lie beside it.

    Every method raises `Refused` where what is there cannot be used, and says what to do.
    """

    path: Path
    workspace: str

    @property
    def journal(self) -> Path:
        """Return where the journal lies."""
        return self.path.parent / "journal"

    def read(self) -> Memory:
        """Return what is remembered: the state, with the outcomes of a run that did not end in it."""
        state = State(workspace=self.workspace)
        if (text := _read(self.path)) is not None:
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                raise Refused(f"{self.path}: not JSON", UNREADABLE) from None
            state = State.from_json(value, str(self.path))
        if state.workspace != self.workspace:
            raise Refused(
                f"{self.path}: belongs to workspace `{state.workspace}`, not to `{self.workspace}`",
                "put the old name back, or write it as `namespace:` in reconciler.yaml",
            )
        return replay(state, _read(self.journal) or b"", str(self.journal))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out; raises `Refused` at once where one is in."""
        from filelock import FileLock, Timeout  # noqa: PLC0415  (its import costs a plan, which takes no lock)

        with explained(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path.parent / "lock", timeout=0)
        with explained(self.path.parent):
            try:
                lock.acquire()
            except Timeout:
                raise Refused(
                    f"{self.path.parent}: another run is writing here", "wait for it to end, then run again"
                ) from None
        try:
            yield
        finally:
            lock.release()

    def open_journal(self) -> Journal:
        """Return the journal, open for writing; what stands in it stays."""
        with explained(self.journal):
            return Journal(self.journal)

    def save(self, memory: Memory, account: Account) -> None:
        """Write the state whole or not at all, then start the journal afresh with the intents still open.

        Dying between the two does no harm: the journal's outcomes are then told twice.
        """
        state = replace(memory.state, workspace=self.workspace, account=account, serial=memory.state.serial + 1)
        with explained(self.path):
            _replace(self.path, _text(state.to_json()))
            self._start_afresh(memory)

    def _start_afresh(self, memory: Memory) -> None:
        if not memory.pending:
            self.journal.unlink(missing_ok=True)
            return
        _replace(self.journal, text_of(memory.pending.values()))


def _text(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def _read(path: Path) -> bytes | None:
    with explained(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _replace(path: Path, text: bytes) -> None:
    """Write a file whole or not at all; it is for its owner alone, since it tells of private incidents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
