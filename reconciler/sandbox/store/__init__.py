"""The data of one sandbox: a file (or none) in, transactions over it out, with its request log and its snapshots."""

from reconciler.sandbox.store.errors import NoRoomError, NotASandboxError, SnapshotNameError, UnknownSnapshotError
from reconciler.sandbox.store.store import Store
from reconciler.sandbox.store.transaction import Known, Transaction

__all__ = [
    "Known",
    "NoRoomError",
    "NotASandboxError",
    "SnapshotNameError",
    "Store",
    "Transaction",
    "UnknownSnapshotError",
]
