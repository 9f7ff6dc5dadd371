"""A connection inside a transaction in, what one request may read and write there out."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from reconciler.sandbox.organisation import Organisation

Json = dict[str, Any]

REQUEST: Final = ("time", "key", "method", "path", "query", "status", "idempotency_key", "changed")


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

    def write(self, sql: str, values: Sequence[object] = ()) -> None:
        """Change data, and remember that this request did."""
        self._connection.execute(sql, values)
        self.changed = True

    def configure(self, kind: str, identifier: str, body: Json) -> None:
        """Create or replace an object of the configuration."""
        sql = """INSERT INTO configuration (kind, id, body) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET body = excluded.body"""
        self.write(sql, (kind, identifier, json.dumps(body)))
        self.next_version()

    def provide(self, kind: str, identifier: str, body: Json) -> None:
        """Create an object of the configuration, unless one with its ID is there or was deleted."""
        if not self.query("SELECT 1 FROM configuration WHERE id = ?", (identifier,)):
            self.configure(kind, identifier, body)

    def unconfigure(self, identifier: str) -> None:
        """Delete an object of the configuration; what happened earlier can still refer to it."""
        self.write("UPDATE configuration SET kind = 'deleted ' || kind WHERE id = ?", (identifier,))
        self.next_version()

    def next_version(self) -> None:
        """Have everybody take a new picture of the configuration once this is kept, in other processes too."""
        self.write("UPDATE version SET number = number + 1")

    def record(self, kind: str, incident: str, sort: str, body: Json) -> None:
        """Create or replace a record that belongs to an incident; its ID is `body["id"]`."""
        sql = "INSERT OR REPLACE INTO record (kind, id, incident, sort, body) VALUES (?, ?, ?, ?, ?)"
        self.write(sql, (kind, body["id"], incident, sort, json.dumps(body)))

    def recorded(self, kind: str, identifier: str) -> Json | None:
        """Read a record by its ID."""
        rows = self.query("SELECT body FROM record WHERE kind = ? AND id = ?", (kind, identifier))
        return dict(json.loads(rows[0][0])) if rows else None

    def unrecord(self, kind: str, identifier: str) -> None:
        """Delete a record, as if it had never been."""
        self.write("DELETE FROM record WHERE kind = ? AND id = ?", (kind, identifier))

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
        marks = ", ".join("?" * len(REQUEST))
        sql = f"INSERT INTO request ({', '.join(REQUEST)}) VALUES ({marks})"  # noqa: S608 - constants only
        self._connection.execute(sql, [entry[name] for name in REQUEST])
