"""A data file (or none) in, transactions over it out; configuration, incidents, records and request log in SQLite."""

import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from reconciler.sandbox.organisation import Organisation

Json = dict[str, Any]

_APPLICATION_ID: Final = 0x53414E44
_FORMAT: Final = 1
_CONNECTIONS: Final = 8

_SCHEMA: Final = (
    """CREATE TABLE configuration (
        position INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)""",
    "CREATE TABLE version (number INTEGER NOT NULL)",
    "INSERT INTO version VALUES (1)",
    """CREATE TABLE incident (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL, updated INTEGER NOT NULL, activity INTEGER NOT NULL,
        status TEXT NOT NULL, severity TEXT, type TEXT NOT NULL,
        mode TEXT NOT NULL, visibility TEXT NOT NULL, body TEXT NOT NULL)""",
    """CREATE INDEX incident_filters ON incident
        (mode, visibility, status, severity, type, created, updated)""",
    """CREATE TABLE record (
        kind TEXT NOT NULL, id TEXT NOT NULL, incident TEXT NOT NULL, sort TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID""",
    "CREATE INDEX record_order ON record (kind, incident, sort, id)",
    "CREATE INDEX record_all ON record (kind, sort, id)",
    """CREATE TABLE idempotency (
        kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, made INTEGER NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (kind, key)) WITHOUT ROWID""",
    """CREATE TABLE request (
        number INTEGER PRIMARY KEY, time TEXT NOT NULL, key TEXT, method TEXT NOT NULL, path TEXT NOT NULL,
        query TEXT NOT NULL, status INTEGER NOT NULL, idempotency_key TEXT, changed INTEGER NOT NULL)""",
)
_REQUEST: Final = ("time", "key", "method", "path", "query", "status", "idempotency_key", "changed")


class NotASandboxError(Exception):
    """The data file exists and is something else."""

    def __init__(self, data: Path | None, reason: str) -> None:
        super().__init__(f"{data}: cannot be used as the data of a sandbox: {reason}")


class Known(NamedTuple):
    """What a request with an idempotency key created, when in microseconds, and the digest of its body."""

    id: str
    made: int
    digest: str


class Transaction:
    """What one request sees and changes; all of it is kept, or none."""

    def __init__(self, connection: sqlite3.Connection, organisation: Organisation) -> None:
        self._connection = connection
        self.organisation = organisation
        self.changed = False

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Read rows."""
        return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[object]) -> None:
        """Change data, and remember that this request did."""
        self._connection.execute(sql, values)
        self.changed = True

    def configure(self, kind: str, identifier: str, body: Json) -> None:
        """Create or replace an object of the configuration."""
        sql = """INSERT INTO configuration (kind, id, body) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body"""
        self.write(sql, (kind, identifier, json.dumps(body)))
        self._next_version()

    def unconfigure(self, identifier: str) -> None:
        """Delete an object of the configuration; what happened earlier can still refer to it."""
        self.write("UPDATE configuration SET kind = 'deleted ' || kind WHERE id = ?", (identifier,))
        self._next_version()

    def record(self, kind: str, incident: str, sort: str, body: Json) -> None:
        """Create or replace a record that belongs to an incident; its ID is `body["id"]`."""
        sql = "INSERT OR REPLACE INTO record (kind, id, incident, sort, body) VALUES (?, ?, ?, ?, ?)"
        self.write(sql, (kind, body["id"], incident, sort, json.dumps(body)))

    def recorded(self, kind: str, identifier: str) -> Json | None:
        """Read a record by its ID."""
        rows = self.query("SELECT body FROM record WHERE kind = ? AND id = ?", (kind, identifier))
        return _loaded(rows[0][0]) if rows else None

    def known(self, kind: str, key: str) -> Known | None:
        """Find what the last request with this idempotency key created."""
        rows = self.query("SELECT id, made, digest FROM idempotency WHERE kind = ? AND key = ?", (kind, key))
        return Known(*rows[0]) if rows else None

    def remember(self, kind: str, key: str, identifier: str, made: int, digest: str) -> None:
        """Remember what a request with this idempotency key created, when, and by which body."""
        values = (kind, key, identifier, made, digest)
        self.write("INSERT OR REPLACE INTO idempotency (kind, key, id, made, digest) VALUES (?, ?, ?, ?, ?)", values)

    def log(self, entry: Json) -> None:
        """Add a request to the log."""
        marks = ", ".join("?" * len(_REQUEST))
        sql = f"INSERT INTO request ({', '.join(_REQUEST)}) VALUES ({marks})"  # noqa: S608 - constants only
        self._connection.execute(sql, [entry[name] for name in _REQUEST])

    def _next_version(self) -> None:
        self._connection.execute("UPDATE version SET number = number + 1")


class Store:
    """The data of one sandbox; safe for threads, and for several processes on one file."""

    def __init__(self, data: Path | None, seed: Callable[[Transaction], None]) -> None:
        self._data = data
        self._idle: queue.LifoQueue[sqlite3.Connection | None] = queue.LifoQueue()
        # Data in memory lives in its one connection.
        for _ in range(_CONNECTIONS if data else 1):
            self._idle.put(None)
        self._opened: list[sqlite3.Connection] = []
        # Threads queue here, in order; SQLite's own waiting, with its sleeps, is left to other processes.
        self._writing = threading.Lock()
        self._organisation = Organisation(-1, ())
        try:
            self._prepare(seed)
        except (sqlite3.Error, NotASandboxError) as error:
            self.close()
            raise error if isinstance(error, NotASandboxError) else NotASandboxError(data, str(error)) from error

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """See the data as it is at one moment."""
        with self._connection() as connection, _begun(connection, "BEGIN"):
            yield Transaction(connection, self._current(connection))

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Change the data, one at a time; an exception undoes everything."""
        with self._writing, self._connection() as connection, _begun(connection, "BEGIN IMMEDIATE"):
            yield Transaction(connection, self._current(connection))

    def requests(self) -> list[Json]:
        """Return the request log, oldest first."""
        sql = f"SELECT {', '.join(_REQUEST)} FROM request ORDER BY number"  # noqa: S608 - constants only
        with self._connection() as connection:
            rows = connection.execute(sql).fetchall()
        return [{**dict(zip(_REQUEST, row, strict=True)), "changed": bool(row[-1])} for row in rows]

    def close(self) -> None:
        """Close every connection; the data file stays."""
        while self._opened:
            self._opened.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._idle.get()
        try:
            connection = connection or self._open()
            yield connection
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

    def _prepare(self, seed: Callable[[Transaction], None]) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA busy_timeout = 30000")
            self._check(connection)
            if self._data:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
            with _begun(connection, "BEGIN IMMEDIATE"):
                if self._is_new(connection):
                    _create(connection)
                    seed(Transaction(connection, self._organisation))

    def _check(self, connection: sqlite3.Connection) -> None:
        if not self._is_new(connection) and _pragma(connection, "application_id") != _APPLICATION_ID:
            raise NotASandboxError(self._data, "it is a database of another program")
        if _pragma(connection, "user_version") > _FORMAT:
            raise NotASandboxError(self._data, "it was written by a newer version")

    @staticmethod
    def _is_new(connection: sqlite3.Connection) -> bool:
        with closing(connection.execute("SELECT COUNT(*) FROM sqlite_master")) as cursor:
            return bool(cursor.fetchone()[0] == 0)

    def _current(self, connection: sqlite3.Connection) -> Organisation:
        (version,) = connection.execute("SELECT number FROM version").fetchone()
        known = self._organisation
        if known.version != version:
            rows = connection.execute("SELECT kind, body FROM configuration ORDER BY position").fetchall()
            known = Organisation(version, ((kind, _loaded(body)) for kind, body in rows))
            self._organisation = known
        return known


@contextmanager
def _begun(connection: sqlite3.Connection, statement: str) -> Iterator[None]:
    connection.execute(statement)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {_FORMAT}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _loaded(text: str) -> Json:
    loaded: Json = json.loads(text)
    return loaded
