"""A state that may be rubbish in; what can be read of it still, and a copy of it as it was, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.state import disk
from reconciler.state.disk import explained
from reconciler.state.local import LocalStore
from reconciler.state.memory import Memory, replay
from reconciler.state.record import UNREADABLE, State
from reconciler.state.remote import RemoteStore

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.state.store import Store


def salvaged(store: Store) -> Memory:
    """Return what is remembered; of what is no state, no more than its journal tells.

    Raises `Refused` for a state that is another workspace's, or of a newer format: that one is no rubbish.
    """
    if isinstance(store, RemoteStore):
        return store.salvage()
    try:
        return store.read()
    except Refused as error:
        if error.hint != UNREADABLE or not isinstance(store, LocalStore):
            raise
    empty = State(workspace=store.workspace)
    try:
        return replay(empty, disk.read(store.journal) or b"", str(store.journal))
    except Refused:
        return Memory(empty)


def keep_copy(store: Store, folder: Path) -> list[Path]:
    """Copy the state, and its journal, as they are into a folder; return the copies, none where there is no state."""
    if isinstance(store, LocalStore):
        texts = {path.name: disk.read(path) for path in (store.path, store.journal)}
    else:
        texts = dict(store.texts()) if isinstance(store, RemoteStore) else {}
    number = 1
    while any((folder / f"{name}.backup-{number}").exists() for name in texts):
        number += 1
    copies = []
    for name, text in texts.items():
        if text is not None:
            copies.append(folder / f"{name}.backup-{number}")
            with explained(copies[-1]):
                disk.replace(copies[-1], text)
    return copies
