"""What is remembered between runs: the record, the journal, the file and its lock."""

from reconciler.state.journal import Intent, Journal, Memory, merge
from reconciler.state.record import Account, FieldRecord, Record, State, Tombstone, path_text, remember
from reconciler.state.store import Store

__all__ = [
    "Account",
    "FieldRecord",
    "Intent",
    "Journal",
    "Memory",
    "Record",
    "State",
    "Store",
    "Tombstone",
    "merge",
    "path_text",
    "remember",
]
