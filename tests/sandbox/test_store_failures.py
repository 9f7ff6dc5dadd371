import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import NotASandboxError, create_app

from .conftest import Api, Maker, problems

Json = dict[str, Any]


@pytest.fixture
def make_limited(make_api: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Api]:
    """Make a client of a sandbox on disk with an incident, whose connections a statement then limits."""

    def make(statement: str) -> Api:
        data = tmp_path / "data.sqlite"
        first = make_api(data=data)
        first.declare(idempotency_key="before")
        first.app.close()
        connect = sqlite3.connect

        def limited(*given: Any, **options: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*given, **options)
            connection.execute(statement).fetchall()
            return connection

        again = make_api(data=data)
        monkeypatch.setattr(sqlite3, "connect", limited)
        # Every connection is one that is opened from here on.
        while not again.app.store._idle.empty():
            again.app.store._idle.get()
        for _ in range(4):
            again.app.store._idle.put(None)
        return again

    return make


def _integrity(data: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(data)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("limit", "reason"),
    [("PRAGMA max_page_count = 1", "database or disk is full"), ("PRAGMA query_only = 1", "readonly database")],
)
def test_what_cannot_be_written_is_a_documented_500(
    make_limited: Callable[[str], Api], tmp_path: Path, caplog: pytest.LogCaptureFixture, limit: str, reason: str
) -> None:
    """It says why; nothing of the request is kept, what was there before is whole, and nothing hangs afterwards."""
    api = make_limited(limit)
    large = "x" * 100_000

    refused = [api.declared(summary=large, idempotency_key=f"{number}") for number in range(10)]

    for response in refused:
        assert (response.status_code, problems(response)) == (500, [("internal_error", "")])
        assert reason in response.json()["errors"][0]["message"]
        assert "Traceback" not in response.text
    assert not any(record.exc_info for record in caplog.records)
    api.app.close()
    assert _integrity(tmp_path / "data.sqlite") == [("ok",)]


def test_what_cannot_be_logged_is_not_answered(make_limited: Callable[[str], Api]) -> None:
    """Also a request that only reads is a 500 then: whoever counts on the log is not misled."""
    api = make_limited("PRAGMA query_only = 1")

    response = api.get("/v2/incidents")

    assert (response.status_code, problems(response)) == (500, [("internal_error", "")])


def test_after_a_full_disk_it_goes_on(
    make_limited: Callable[[str], Api], make_api: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once there is room, a request that failed can be repeated under its key."""
    api = make_limited("PRAGMA max_page_count = 1")
    assert api.declared(summary="x" * 100_000, idempotency_key="the-key").status_code == 500
    monkeypatch.undo()
    api.app.close()

    again = make_api(data=tmp_path / "data.sqlite")

    assert again.declare(idempotency_key="the-key")["reference"] == "INC-2"


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_gone_is_told(make_api: Maker, tmp_path: Path, is_replaced: bool) -> None:
    """Nothing is answered as done that nobody will find again, and no empty file is begun in its place."""
    data = tmp_path / "data.sqlite"
    api = make_api(data=data)
    api.declare()
    data.unlink()
    if is_replaced:
        create_app(data).close()

    for response in (api.declared(), api.get("/v2/incidents")):
        assert (response.status_code, problems(response)) == (500, [("internal_error", "")])
        assert "it was deleted or replaced while it was in use" in response.json()["errors"][0]["message"]

    assert data.exists() == is_replaced
    if is_replaced:
        assert make_api(data=data).get("/v2/incidents").json()["incidents"] == []


def test_a_file_that_goes_while_it_is_written_is_told(make_api: Maker, tmp_path: Path) -> None:
    """What is deleted between the begin and the end of a write is not answered as done either."""
    data = tmp_path / "data.sqlite"
    store = make_api(data=data).app.store

    def write() -> None:
        with store.writing() as transaction:
            transaction.next_version()
            data.unlink()

    with pytest.raises(NotASandboxError, match="deleted or replaced"):
        write()


def test_what_sqlite_undoes_by_itself_is_told_as_it_was(make_api: Maker) -> None:
    """As it may after a failure of the disk; and the connection can be used again."""
    api = make_api()
    store = api.app.store

    def write() -> None:
        with store.writing() as transaction:
            transaction.next_version()
            transaction.write("ROLLBACK")
            raise NotASandboxError(None, "the disk failed")

    with pytest.raises(NotASandboxError, match="the disk failed"):
        write()

    assert api.declare()["reference"] == "INC-1"


def test_a_read_only_file_is_refused(make_api: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start and with the reason; once it can be written, it is as it was."""
    data = tmp_path / "data.sqlite"
    create_app(data).close()
    data.chmod(0o400)
    # To root, who may run the tests, nothing is read-only.
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.F_OK or Path(path).stat().st_mode & stat.S_IWUSR)

    with pytest.raises(NotASandboxError, match="it cannot be written"):
        create_app(data)

    assert [path.name for path in tmp_path.iterdir()] == ["data.sqlite"]
    data.chmod(0o600)
    assert make_api(data=data).declare()["reference"] == "INC-1"


def test_a_damaged_file_is_refused(make_api: Maker, tmp_path: Path) -> None:
    """Whatever wrote into it meanwhile."""
    data = tmp_path / "data.sqlite"
    api = make_api(data=data)
    api.declare()
    api.app.close()
    size = data.stat().st_size
    with data.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    with pytest.raises(NotASandboxError):
        create_app(data)
