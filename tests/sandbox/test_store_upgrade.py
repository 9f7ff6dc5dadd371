import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.sandbox import Behaviour, create_app

from .conftest import MINOR, Maker

# As the first version wrote it; the second one had `made` and `digest` already, under the same number.
FORMAT_1 = """
CREATE TABLE configuration (
    position INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE version (number INTEGER NOT NULL);
INSERT INTO version VALUES (1);
CREATE TABLE incident (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, activity INTEGER NOT NULL,
    status TEXT NOT NULL, severity TEXT, type TEXT NOT NULL,
    mode TEXT NOT NULL, visibility TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX incident_filters ON incident (mode, visibility, status, severity, type, created, updated);
CREATE TABLE record (
    kind TEXT NOT NULL, id TEXT NOT NULL, incident TEXT NOT NULL, sort TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE INDEX record_order ON record (kind, incident, sort, id);
CREATE INDEX record_all ON record (kind, sort, id);
CREATE TABLE idempotency (kind TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, {more} PRIMARY KEY (kind, key))
    WITHOUT ROWID;
CREATE TABLE request (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, key TEXT, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, status INTEGER NOT NULL, idempotency_key TEXT, changed INTEGER NOT NULL);
PRAGMA application_id = 1396788804;
PRAGMA user_version = 1;
"""
CREATED = 1_793_000_000_250_000
UPDATE = {
    "id": "01UPDATE",
    "incident_id": "01INCIDENT",
    "message": "Told",
    "status": "01SANDB0XSTATVS00000000002",
    "severity": MINOR,
    "updater": {"api_key": {"id": "01KEY", "name": "sandbox"}},
    "created_at": "2026-10-26T12:00:00Z",
}
BODY = {
    "name": "Checkout is slow",
    "summary": "",
    "slack_team_id": "T0SANDBOX",
    "slack_channel_name": "",
    "creator": {"api_key": {"id": "01KEY", "name": "sandbox"}},
    "roles": {},
    "fields": {"01SANDB0XF1E1D000000000003": ["120"]},
    "timestamps": {},
}


def _make(data: Path, more: str) -> None:
    """Write a file of format 1 with one incident, an update, the keys of both, a log, and a deleted severity."""
    with create_app().store.reading() as transaction:
        configuration = transaction.query("SELECT * FROM configuration WHERE kind IN ('incident_type', 'user')")
        configuration += transaction.query("SELECT * FROM configuration WHERE kind LIKE 'incident_status'")
        configuration += transaction.query("SELECT * FROM configuration WHERE kind LIKE 'custom_field%'")
        severities = transaction.query("SELECT * FROM configuration WHERE kind = 'severity'")
    minor, major, critical = severities
    renamed = json.dumps({**json.loads(minor[3]), "name": "Small"})
    rows = [*configuration, (*minor[:3], renamed), major, (critical[0], "deleted severity", *critical[2:])]
    status, kind = UPDATE["status"], "01SANDB0XTYPE0000000000001"
    with closing(sqlite3.connect(data)) as connection:
        connection.executescript(FORMAT_1.format(more=more))
        connection.executemany("INSERT INTO configuration VALUES (?, ?, ?, ?)", rows)
        columns = (1, "01INCIDENT", CREATED, CREATED, CREATED, status, MINOR, kind, "standard", "public")
        connection.execute(f"INSERT INTO incident VALUES ({'?,' * 10} ?)", (*columns, json.dumps(BODY)))
        record = ("incident_update", "01UPDATE", "01INCIDENT", "2026-10-26T12:00:00.000000", json.dumps(UPDATE))
        connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", record)
        given = (CREATED, "") if more else ()
        for key in (("incident", "a", "01INCIDENT", *given), ("incident_update", "b", "01UPDATE", *given)):
            connection.execute(f"INSERT INTO idempotency VALUES ({', '.join('?' * len(key))})", key)
        log = ("2026-10-26T12:00:00Z", "sandbox", "POST", "/v2/incidents", "", 200, "a", 1)
        connection.execute("INSERT INTO request VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", log)
        connection.commit()


every_first_format = pytest.mark.parametrize("more", ["", "made INTEGER NOT NULL, digest TEXT NOT NULL,"])


@every_first_format
def test_data_of_the_first_format_is_upgraded_in_place(make_api: Maker, tmp_path: Path, more: str) -> None:
    """Everything is there, found by its filters and its keys, and goes on from there."""
    data = tmp_path / "data.sqlite"
    _make(data, more)

    api = make_api(data=data, behaviour=Behaviour(key_lifetime=1e9, refuses_changed=True))

    assert [entry["path"] for entry in api.app.requests()] == ["/v2/incidents"]
    params = {"custom_field[01SANDB0XF1E1D000000000003][gte]": "100", "created_at[gte]": "2026-10-01"}
    (incident,) = api.get("/v2/incidents", params=params).json()["incidents"]
    assert (incident["name"], incident["severity"]["name"]) == ("Checkout is slow", "Small")
    assert api.declare(idempotency_key="a")["id"] == "01INCIDENT"
    assert api.updated(incident, idempotency_key="b", message="Told").json()["incident_update"]["id"] == "01UPDATE"
    assert api.declare(idempotency_key="c")["reference"] == "INC-2"
    assert api.updates(incident)[0]["message"] == "Told"
    api.app.store.snapshot("upgraded")


@every_first_format
def test_an_upgraded_organisation_has_what_a_new_one_has(make_api: Maker, tmp_path: Path, more: str) -> None:
    """What an earlier version did not know is added; what people changed or deleted stays so."""
    data = tmp_path / "data.sqlite"
    _make(data, more)

    api = make_api(data=data)

    names = [severity["name"] for severity in api.get("/v1/severities").json()["severities"]]
    assert names == ["Small", "Major"]
    assert api.role("Communications Lead")
    assert api.get("/v3/teams").json() == make_api().get("/v3/teams").json()


def test_keys_of_the_first_format_are_as_old_as_what_they_created(make_api: Maker, tmp_path: Path) -> None:
    """So that they are forgotten in time."""
    data = tmp_path / "data.sqlite"
    _make(data, "")

    with make_api(data=data).app.store.reading() as transaction:
        known = [transaction.known(kind, key) for kind, key in (("incident", "a"), ("incident_update", "b"))]

    assert known == [("01INCIDENT", CREATED, ""), ("01UPDATE", 1_793_016_000_000_000, "")]


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next one can do it."""
    data = tmp_path / "data.sqlite"
    _make(data, "")
    monkeypatch.setattr("reconciler.sandbox.app.fill_index", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        create_app(data)

    with closing(sqlite3.connect(data)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'posting'").fetchall() == []
    monkeypatch.undo()
    create_app(data).close()
