"""A data file (or none) in, transactions over it out; and all of it emptied, kept under a name and brought back."""

import json
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.store import schema, snapshots
from reconciler.sandbox.store.errors import NoRoomError, NotASandboxError
from reconciler.sandbox.store.transaction import REQUEST, Transaction

Json = dict[str, Any]
Filling = Callable[[Transaction], None]

_CONNECTIONS: Final = 8
_FAILURES: Final = (
    # What a file does and no statement is to blame for: full, gone, unreadable, not to be written, busy for too long.
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_BUSY,
)
_NO_ROOM: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
"""What a full disk is told as: a file that cannot grow, or not even be begun."""


class Store:
    """The data of one sandbox; safe for threads, and for several processes on one file.

    `seed` provides what every organisation has; it is asked again where data is older, and adds what is not there.
    `index` notes what lists find incidents by, where an earlier version did not.
    Raises NotASandboxError where the file is something else; later, where it is gone.
    """

    def __init__(self, data: Path | None, seed: Filling, index: Filling) -> None:
        if data and data.exists() and not data.is_file():
            raise NotASandboxError(data, "it is no file")
        self._data = data
        self._file: tuple[int, int] | None = None
        self._seed = seed
        self._idle: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        # Data in memory lives in its one connection.
        for _ in range(_CONNECTIONS if data else 1):
            self._idle.put(None)
        self._opened: list[sqlite3.Connection] = []
        # Threads queue here, in order; SQLite's own waiting, with its sleeps, is left to other processes.
        self._writing = threading.Lock()
        self._organisation = Organisation(-1, ())
        try:
            self._prepare(index)
            self._file = self._found()
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                raise _failure(data, error) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See the data as it is at one moment."""
        with self._connection() as connection, _begun(connection, "BEGIN"):
            yield Transaction(connection, self._current(connection))

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Change the data, one at a time; an exception undoes everything."""
        with self._writing, self._connection() as connection:
            with _begun(connection, "BEGIN IMMEDIATE"):
                yield Transaction(connection, self._current(connection))
            self._check_file()

    def requests(self, after: int = 0, limit: int | None = None) -> list[Json]:
        """Return the entries of the request log whose `number` is larger than `after`, oldest first."""
        sql = f"SELECT number, {', '.join(REQUEST)} FROM request WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
        with self.reading() as transaction:
            rows = transaction.query(sql, (after, -1 if limit is None else limit))
        names = ("number", *REQUEST)
        return [{**dict(zip(names, row, strict=True)), "changed": bool(row[-1])} for row in rows]

    def last_request(self) -> int:
        """Return the number of the last entry of the request log; 0 where it is empty.

        Numbers only go back by a reset or a restore.
        """
        with self.reading() as transaction:
            ((last,),) = transaction.query("SELECT MAX(number) FROM request")
        return int(last or 0)

    def reset(self) -> None:
        """Make everything as it is in a new sandbox, keys and request log included, at once; snapshots stay."""
        with self.writing() as transaction:
            snapshots.empty(transaction)
            self._seed(transaction)

    def snapshot(self, name: str) -> None:
        """Keep everything that there is now under a name, in place of what the name held before.

        That is the configuration, incidents with all that belongs to them, idempotency keys and the request log. A
        snapshot lives as long as the data does, in the file or in memory. Raises SnapshotNameError where it cannot be
        called so.
        """
        with self.writing() as transaction:
            snapshots.keep(transaction, name)

    def restore(self, name: str) -> None:
        """Put everything back as it was at a snapshot, at once: what a test begins with is what it was, to the number.

        Other snapshots stay. Raises UnknownSnapshotError, which knows those that there are.
        """
        with self.writing() as transaction:
            snapshots.bring_back(transaction, name)
            self._seed(transaction)

    def snapshots(self) -> list[str]:
        """List the snapshots that there are, by name."""
        with self.reading() as transaction:
            return snapshots.names(transaction)

    def close(self) -> None:
        """Close every connection; the data file stays."""
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._idle.get()
        try:
            self._check_file()
            connection = connection or self._open()
            yield connection
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _FAILURES:
                raise _failure(self._data, error) from error
            raise
        finally:
            self._idle.put(connection)

    def _open(self) -> sqlite3.Connection:
        name = str(self._data) if self._data else ":memory:"
        connection = sqlite3.connect(name, timeout=30, isolation_level=None, check_same_thread=False)
        self._opened.append(connection)
        # A killed process loses nothing this way, for the system has the bytes; a power cut may cost the file. It
        # holds nothing but rehearsals, and waiting for the disk would make some answers ten times slower.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _check_file(self) -> None:
        # Without this, what is written to a deleted file would be answered as done, and a new connection would
        # begin an empty file beside it.
        if self._file and self._file != self._found():
            raise NotASandboxError(self._data, "it was deleted or replaced while it was in use")

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._data and self._data.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else None

    def _prepare(self, index: Filling) -> None:
        # SQLite would open it all the same, and leave files beside it that are read-only too.
        if self._data and os.access(self._data, os.F_OK) and not os.access(self._data, os.W_OK):
            raise NotASandboxError(self._data, "it cannot be written")
        with self._connection() as connection:
            connection.execute("PRAGMA busy_timeout = 30000")
            self._check(connection)
            if self._data:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            with _begun(connection, "BEGIN IMMEDIATE"):
                transaction = Transaction(connection, self._organisation)
                # Another process may have been here first.
                if schema.is_new(connection):
                    schema.create(connection)
                elif schema.format_of(connection) < schema.FORMAT:
                    schema.upgrade(connection)
                    index(transaction)
                self._seed(transaction)
                # What cannot even be read is told now, not to the first request.
                self._current(connection)

    def _check(self, connection: sqlite3.Connection) -> None:
        if not (schema.is_new(connection) or schema.is_ours(connection)):
            raise NotASandboxError(self._data, "it is a database of another program")
        if schema.format_of(connection) > schema.FORMAT:
            raise NotASandboxError(self._data, "it was written by a newer version")

    def _current(self, connection: sqlite3.Connection) -> Organisation:
        (version,) = connection.execute("SELECT number FROM version").fetchone()
        known = self._organisation
        if known.version != version:
            rows = connection.execute("SELECT kind, body FROM configuration ORDER BY position").fetchall()
            known = Organisation(version, ((kind, json.loads(body)) for kind, body in rows))
            self._organisation = known
        return known


def _failure(data: Path | None, error: sqlite3.Error) -> NotASandboxError:
    is_full = getattr(error, "sqlite_errorcode", 0) in _NO_ROOM
    return (NoRoomError if is_full else NotASandboxError)(data, str(error))


@contextmanager
def _begun(connection: sqlite3.Connection, statement: str) -> Iterator[None]:
    connection.execute(statement)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some failures, such as a full disk, have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
