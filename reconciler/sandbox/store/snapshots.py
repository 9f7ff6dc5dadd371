"""A name in, all data kept under it, or what was kept put in place of all data, out; inside a transaction."""

import re

from reconciler.sandbox.store.errors import SnapshotNameError, UnknownSnapshotError
from reconciler.sandbox.store.schema import DATA
from reconciler.sandbox.store.transaction import Transaction

_NAME = re.compile(r"[a-z0-9-]{1,63}")


def names(transaction: Transaction) -> list[str]:
    """List the snapshots that there are, by name."""
    return [name for (name,) in transaction.query("SELECT name FROM snapshot ORDER BY name")]


def keep(transaction: Transaction, name: str) -> None:
    """Copy all data into the snapshot of this name, in place of what it held before; SnapshotNameError for no name."""
    if not _NAME.fullmatch(name):
        raise SnapshotNameError(name)
    number = _number(transaction, name)
    if number is None:
        transaction.write("INSERT INTO snapshot (name) VALUES (?)", (name,))
        number = _number(transaction, name)
    for table, (columns, _) in DATA.items():
        transaction.write(f"DELETE FROM snapshot_{table} WHERE snapshot = ?", (number,))  # noqa: S608 - constants only
        copying = f"INSERT INTO snapshot_{table} (snapshot, {columns}) SELECT ?, {columns} FROM {table}"  # noqa: S608
        transaction.write(copying, (number,))


def bring_back(transaction: Transaction, name: str) -> None:
    """Put the data of a snapshot in place of all that there is; UnknownSnapshotError where there is no such one."""
    number = _number(transaction, name)
    if number is None:
        raise UnknownSnapshotError(name, names(transaction))
    empty(transaction)
    for table, (columns, _) in DATA.items():
        copying = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM snapshot_{table} WHERE snapshot = ?"  # noqa: S608
        transaction.write(copying, (number,))


def empty(transaction: Transaction) -> None:
    """Delete all data; snapshots stay."""
    for table in DATA:
        transaction.write(f"DELETE FROM {table}")  # noqa: S608 - constants only
    transaction.next_version()


def _number(transaction: Transaction, name: str) -> int | None:
    rows = transaction.query("SELECT number FROM snapshot WHERE name = ?", (name,))
    return int(rows[0][0]) if rows else None
