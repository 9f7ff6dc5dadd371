"""Where a state lies, as everything else sees it; a workspace in, its store out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from reconciler.state.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from reconciler.state.holder import Claim
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

    def claim(self) -> Claim | None:
        """Return who holds the lock; None where nobody does."""

    def unlock(self, claim: Claim) -> bool:
        """Remove a lock that is still as it was seen; tell whether it was."""

    def require_lock(self) -> None:
        """Raise `LeaseLost` where the lock is not this run's any more: nothing may be sent then."""


def store_of(
    workspace: Workspace,
    *,
    lock_timeout: float = 0.0,
    wait: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda _: None,
) -> Store:
    """Return where a workspace's state lies.

    `lock_timeout` is for how many seconds another run's end is waited for, with `wait`; `tell` gets a line where
    there is something to say, such as who is waited for.
    """
    if workspace.remote_state is None:
        return LocalStore(workspace.state, workspace.namespace, lock_timeout, wait, tell)
    from reconciler.state.objects import Objects  # noqa: PLC0415  (most states are files)
    from reconciler.state.remote import RemoteStore  # noqa: PLC0415

    return RemoteStore(
        Objects(workspace.remote_state, workspace.environ),
        workspace.remote_state,
        workspace.state.parent,
        workspace.namespace,
        workspace.lease_seconds,
        lock_timeout,
        wait,
        tell,
        None if workspace.run else workspace.local_state,
    )
