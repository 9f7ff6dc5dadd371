"""A store whose lock is held for long: what is remembered stays at hand, its journal open, its state unwritten.

A run that writes every few seconds would else read and write the whole state each time. Whoever reads it meanwhile,
or takes it up after a kill, finds the journal: a state and its journal tell the same, whenever the one is written.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from reconciler.errors import LeaseLost, Refused
from reconciler.state.journal import text_of as journal_of
from reconciler.state.memory import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.state.holder import Claim
    from reconciler.state.journal import Journal
    from reconciler.state.memory import Memory
    from reconciler.state.record import Account
    from reconciler.state.store import Store


class _Open:
    """A journal that stays open when whoever has written to it is done."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    def close(self) -> None:
        """Do nothing: it is synced every second, and at the end."""


@dataclass(slots=True)
class HeldStore:
    """What another store keeps, as long as this process alone writes to it."""

    store: Store
    _is_held: bool = field(default=False, init=False)
    _memory: Memory | None = field(default=None, init=False)
    _account: Account | None = field(default=None, init=False)
    """Whose the state is; None where nothing is to be written."""
    _journal: Journal | None = field(default=None, init=False)
    _taken_in: int = field(default=0, init=False)
    """How many bytes of the journal are in memory."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out while this lasts; at its end the state is written."""
        if self._is_held:
            yield
            return
        with self.store.locked():
            self._is_held = True
            try:
                yield
            except LeaseLost as lost:
                self._write_without(lost)
                raise
            except BaseException:
                self._write()
                raise
            else:
                self._write()
            finally:
                self._is_held, self._memory = False, None

    def read(self) -> Memory:
        """Return what is remembered."""
        if not self._is_held:
            return self.store.read()
        memory = self._memory = self.store.read() if self._memory is None else self._memory
        if self._journal is None:
            return memory
        lines = self._journal.text(self._taken_in)
        if lines:
            text = journal_of(memory.pending.values()) + lines
            memory = self._memory = replay(memory.state, text, str(self._journal.path))
            self._taken_in += len(lines)
        return memory

    def open_journal(self) -> Journal:
        """Return the journal, open for writing; only while `locked`."""
        if self._journal is None:
            self.read()
            self._journal = self.store.open_journal()
            self._taken_in = len(self._journal.text())
        return cast("Journal", _Open(self._journal))

    def save(self, memory: Memory, account: Account) -> None:
        """Remember it, and write it when the lock is given back; only while `locked`."""
        self.read()
        self._memory = replace(memory, state=replace(memory.state, account=account))
        self._account = account

    def claim(self) -> Claim | None:
        """Return who holds the lock; None where nobody does."""
        return self.store.claim()

    def unlock(self, claim: Claim) -> bool:
        """Remove a lock that is still as it was seen; tell whether it was."""
        return self.store.unlock(claim)

    def require_lock(self) -> None:
        """Raise `LeaseLost` where the lock is not this run's any more: nothing may be sent then."""
        self.store.require_lock()

    def _write_without(self, lost: LeaseLost) -> None:
        """Write the state as far as that can be done without the lock: that it is gone is what to tell first."""
        try:
            self._write()
        except Refused as aside:
            raise LeaseLost(f"{lost}; {aside}") from aside

    def _write(self) -> None:
        memory, journal = self.read(), self._journal
        self._journal = None
        if journal is not None:
            journal.close()
        if self._account is not None:
            self.store.save(memory, self._account)
            self._account = None
