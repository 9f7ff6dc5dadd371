"""What is remembered between runs: the record, the journal, where both lie, and the lock."""

from reconciler.state.journal import Journal
from reconciler.state.memory import Intent, Memory, merge
from reconciler.state.neighbours import Neighbours, neighbours
from reconciler.state.record import (
    CHANGED,
    IMPORTED,
    MADE,
    REBUILT,
    Account,
    FieldRecord,
    Record,
    State,
    Tombstone,
    path_text,
    remember,
)
from reconciler.state.store import Store, store_of

__all__ = [
    "CHANGED",
    "IMPORTED",
    "MADE",
    "REBUILT",
    "Account",
    "FieldRecord",
    "Intent",
    "Journal",
    "Memory",
    "Neighbours",
    "Record",
    "State",
    "Store",
    "Tombstone",
    "merge",
    "neighbours",
    "path_text",
    "remember",
    "store_of",
]
