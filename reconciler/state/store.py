"""Where a state lies, as everything else sees it; a workspace in, its store out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reconciler.state.local import LocalStore

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from reconciler.state.journal import Journal
    from reconciler.state.memory import Memory
    from reconciler.state.record import Account
    from reconciler.workspace import Workspace


class Store(Protocol):
    """What is remembered, on a disk or in a bucket.

    Every method raises `Refused` where what is there cannot be used, and says what to do.
    """

    def read(self) -> Memory:
        """Return what is remembered: the state, with the outcomes of a run that did not end in it.

        Takes no lock and writes nothing.
        """

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other run out while this lasts; within it, again, does nothing more.

        Raises `Refused` where another run is in, and still is when this one has waited as long as it may.
        """

    def open_journal(self) -> Journal:
        """Return the journal, open for writing; what stands in it stays. Only while `locked`."""

    def save(self, memory: Memory, account: Account) -> None:
        """Write the state whole or not at all, and end the journal; the intents still open stay. Only while `locked`.

        Never writes over what another run has written since.
        """

    def require_lock(self) -> None:
        """Raise `LeaseLost` where the lock is not this run's any more: nothing may be sent then."""


def store_of(workspace: Workspace, *, lock_timeout: float = 0.0) -> Store:
    """Return where a workspace's state lies; `lock_timeout` is how many seconds to wait for another run's end."""
    return LocalStore(workspace.state, workspace.namespace, lock_timeout)
