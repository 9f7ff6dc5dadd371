"""The tables of a data file: a connection in, every table and index made, or what was made earlier told apart, out."""

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

APPLICATION_ID: Final = 0x53414E44
FORMAT: Final = 2


class Table(NamedTuple):
    """A table of data, which snapshots have a copy of: its columns, and those that tell its rows apart."""

    columns: str
    key: str


DATA: Final[Mapping[str, Table]] = {
    "configuration": Table("position, kind, id, body", "position"),
    "incident": Table(
        "number, id, created, updated, activity, status, severity, type, mode, visibility, body", "number"
    ),
    "posting": Table("facet, chunk, bits", "facet, chunk"),
    "amount": Table("field, value, number", "field, value, number"),
    "record": Table("kind, id, incident, sort, body", "kind, id"),
    "idempotency": Table("kind, key, id, made, digest", "kind, key"),
    "request": Table("number, time, key, method, path, query, status, idempotency_key, changed", "number"),
}

_FIRST: Final = (
    """CREATE TABLE configuration (
        position INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)""",
    # Counts up with every change of the configuration, a reset or a restore included: who has a picture sees it.
    "CREATE TABLE version (number INTEGER NOT NULL)",
    "INSERT INTO version VALUES (1)",
    """CREATE TABLE incident (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        created INTEGER NOT NULL, updated INTEGER NOT NULL, activity INTEGER NOT NULL,
        status TEXT NOT NULL, severity TEXT, type TEXT NOT NULL,
        mode TEXT NOT NULL, visibility TEXT NOT NULL, body TEXT NOT NULL)""",
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
_SECOND: Final = (
    # What incidents are found by; `incidents/index.py` keeps both tables in step with the incidents.
    """CREATE TABLE posting (
        facet TEXT NOT NULL, chunk INTEGER NOT NULL, bits BLOB NOT NULL, PRIMARY KEY (facet, chunk)) WITHOUT ROWID""",
    """CREATE TABLE amount (
        field TEXT NOT NULL, value REAL NOT NULL, number INTEGER NOT NULL,
        PRIMARY KEY (field, value, number)) WITHOUT ROWID""",
    "CREATE INDEX incident_dates ON incident (number, created, updated)",
    "CREATE INDEX incident_status ON incident (status)",
    "CREATE TABLE snapshot (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    *(
        f"CREATE TABLE snapshot_{name} (snapshot, {columns}, PRIMARY KEY (snapshot, {key})) WITHOUT ROWID"
        for name, (columns, key) in DATA.items()
    ),
)


def is_new(connection: sqlite3.Connection) -> bool:
    """Tell whether a file has nothing in it yet."""
    return bool(connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0)


def is_ours(connection: sqlite3.Connection) -> bool:
    """Tell whether a file that is not new was made by a sandbox."""
    return _pragma(connection, "application_id") == APPLICATION_ID


def format_of(connection: sqlite3.Connection) -> int:
    """Return the number of the format that a file was written in."""
    return _pragma(connection, "user_version")


def create(connection: sqlite3.Connection) -> None:
    """Make every table, inside the transaction that is under way."""
    for statement in (*_FIRST, *_SECOND):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def upgrade(connection: sqlite3.Connection) -> None:
    """Give a file of format 1 what it lacks, inside the transaction that is under way; the rows stay.

    Keys were kept at first without the moment and the digest of their request: the moment is that of the object
    which they created, the digest stays empty.
    """
    if "made" not in _columns(connection, "idempotency"):
        connection.execute("ALTER TABLE idempotency ADD COLUMN made INTEGER NOT NULL DEFAULT 0")
        connection.execute("ALTER TABLE idempotency ADD COLUMN digest TEXT NOT NULL DEFAULT ''")
        connection.execute(
            """UPDATE idempotency SET made = COALESCE(
                (SELECT created FROM incident WHERE incident.id = idempotency.id),
                (SELECT CAST(strftime('%s', json_extract(body, '$.created_at')) AS INTEGER) * 1000000 FROM record
                    WHERE record.kind = idempotency.kind AND record.id = idempotency.id), 0)"""
        )
    connection.execute("DROP INDEX IF EXISTS incident_filters")
    for statement in _SECOND:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
