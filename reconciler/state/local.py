"""The state's file, its journal and its lock, beside the manifests. Reading takes no lock and writes nothing."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.paths import beside
from reconciler.state import disk
from reconciler.state.disk import explained
from reconciler.state.format import state_of, text_of
from reconciler.state.holder import Claim, Holder
from reconciler.state.journal import Journal, head_of
from reconciler.state.journal import text_of as journal_of
from reconciler.state.memory import Memory, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reconciler.state.record import Account

LOOK_EVERY = 0.2
"""Seconds between two tries to get the lock."""
HOLDER_SIZE = 4096
"""Bytes of a lock file that are looked at."""


@dataclass(slots=True)
class LocalStore:
    """A state in a file; the journal and the lock lie beside it."""

    path: Path
    workspace: str
    lock_timeout: float = 0.0
    wait: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = lambda _: None
    _is_locked: bool = field(default=False, init=False)
    _text: bytes | None = field(default=None, init=False)
    """What was last read or written while it is locked: a state that is taken away meanwhile is not forgotten."""

    @property
    def journal(self) -> Path:
        """Return where the journal lies."""
        return beside(self.path, "journal")

    @property
    def lock(self) -> Path:
        """Return where the lock lies; a process holds it, not the file's being there."""
        return beside(self.path, "lock")

    def read(self) -> Memory:
        """Return what is remembered: the state, with the outcomes of a run that did not end in it."""
        # In this order: a run that ends just now moves what its journal tells into the state.
        noted = disk.read(self.journal) or b""
        text = disk.read(self.path)
        if self._is_locked:
            text = self._text = self._text if text is None else text
        state = state_of(text, str(self.path), self.workspace)
        return replay(state, noted, str(self.journal))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out; raises `Refused` where one is in."""
        if self._is_locked:
            yield
            return
        from filelock import FileLock, Timeout  # noqa: PLC0415  (its import costs a plan, which takes no lock)

        with explained(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.lock, timeout=0)
        begun, is_told = time.monotonic(), False
        while not lock.is_locked:
            with explained(self.path.parent):
                try:
                    lock.acquire()
                except Timeout:  # an OSError as well, so it has to be asked for first
                    self._wait_for_another(begun, is_told=is_told)
                    is_told = True
        self._is_locked = True
        try:
            with explained(self.lock):
                # Not a new file in its place: the lock is this one.
                self.lock.write_text(json.dumps(Holder.this().to_json()), encoding="utf-8")
            yield
        finally:
            self._is_locked, self._text = False, None
            with contextlib.suppress(OSError):
                self.lock.write_bytes(b"")
            lock.release()

    def _wait_for_another(self, begun: float, *, is_told: bool) -> None:
        """Wait a little for the run that holds the lock; raises `Refused` where it was waited for long enough."""
        holder = self.holder()
        left = self.lock_timeout - (time.monotonic() - begun)
        if left <= 0:
            raise Refused(
                f"{self.path.parent}: another run is writing here" + (f": {holder}" if holder else ""),
                "wait for it to end, then run again; `--lock-timeout SECONDS` waits for it",
            )
        if not is_told:
            self.tell("waiting for another run" + (f": {holder}" if holder else ""))
        self.wait(min(LOOK_EVERY, left))

    def claim(self) -> Claim | None:
        """Return who holds the lock; None where nobody does. A process holds it, so it is tried."""
        import fcntl  # noqa: PLC0415  (who holds a lock is asked for by few commands)

        if not self.lock.exists():
            return None
        with explained(self.lock), self.lock.open("rb") as file:
            try:
                # Shared, and by a file that is only read: whoever looks on may have no right to write here.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Claim(self.holder())
            return None

    def unlock(self, claim: Claim) -> bool:
        """Do nothing: a local lock ends with its process."""
        del claim
        return False

    def holder(self) -> Holder | None:
        """Return who says to hold the lock; only a hint, as it may have died since."""
        try:
            with self.lock.open("rb") as file:
                return Holder.from_json(json.loads(file.read(HOLDER_SIZE)))
        except (OSError, ValueError):
            return None

    def open_journal(self) -> Journal:
        """Return the journal, open for writing; what stands in it stays."""
        with explained(self.journal):
            return Journal(self.journal, head_of(self.workspace))

    def save(self, memory: Memory, account: Account) -> None:
        """Write the state whole or not at all, then start the journal afresh with the intents still open.

        Dying between the two does no harm: the journal's outcomes are then told twice.
        """
        state = replace(memory.state, workspace=self.workspace, account=account, serial=memory.state.serial + 1)
        text = text_of(state.to_json())
        self._text = text if self._is_locked else None
        with explained(self.path):
            disk.replace(self.path, text)
            self._start_afresh(memory)
        for path in (self.path, self.journal):
            disk.sweep(path)

    def require_lock(self) -> None:
        """Do nothing: a local lock is lost with its process alone."""

    def _start_afresh(self, memory: Memory) -> None:
        if not memory.pending:
            self.journal.unlink(missing_ok=True)
            return
        disk.replace(self.journal, head_of(self.workspace) + journal_of(memory.pending.values()))
