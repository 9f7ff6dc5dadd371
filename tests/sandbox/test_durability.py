import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import Sandbox, create_app
from reconciler.sandbox.incidents.incident import fill_index

from .conftest import MINOR

Json = dict[str, Any]
Serve = Callable[[], tuple[str, "subprocess.Popen[str]"]]

ROOT = Path(__file__).parents[2]
_SERVE = """
import sys
from pathlib import Path
from reconciler.sandbox import Rates, create_app
from reconciler.sandbox.serve import serve
app = create_app(Path(sys.argv[1]), rates=Rates(1_000_000))
serve(app, "127.0.0.1", 0, lambda url: print(url, flush=True))
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers on one data file that are killed after the test."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[str, subprocess.Popen[str]]:
        command = [sys.executable, "-W", "error", "-c", _SERVE, str(tmp_path / "data.sqlite")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip().removeprefix("http://"), process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[[], Sandbox]]:
    """Open the data in this process."""
    opened: list[Sandbox] = []

    def begin() -> Sandbox:
        opened.append(create_app(tmp_path / "data.sqlite"))
        return opened[-1]

    yield begin
    for app in opened:
        app.close()


def _declare(connection: HTTPConnection, key: str, **fields: str) -> tuple[int, Json]:
    body = {"idempotency_key": key, "visibility": "public", "severity_id": MINOR, **fields}
    connection.request("POST", "/v2/incidents", json.dumps(body), {"Authorization": "Bearer sandbox"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def _kept(app: Sandbox) -> dict[str, str]:
    """Return the incident that each key of the log created, as it is found by its key."""
    created = """SELECT request.idempotency_key, idempotency.id FROM request
        JOIN idempotency ON idempotency.key = request.idempotency_key JOIN incident ON incident.id = idempotency.id
        WHERE request.changed"""
    with app.store.reading() as transaction:
        return dict(transaction.query(created))


def _check_whole(app: Sandbox) -> None:
    """Find a file that is sound, log entries of all incidents, and an index that was written with each of them."""
    with app.store.writing() as transaction:
        assert transaction.query("PRAGMA integrity_check") == [("ok",)]
        assert transaction.query("SELECT id FROM incident EXCEPT SELECT incident FROM record") == []
        index = transaction.query("SELECT * FROM posting")
        transaction.write("DELETE FROM posting")
        fill_index(transaction)
        assert transaction.query("SELECT * FROM posting") == index


@pytest.mark.parametrize("writers", [1, 20])
def test_a_killed_server_loses_nothing_that_it_answered(
    serve: Serve, reopen: Callable[[], Sandbox], writers: int
) -> None:
    """SIGKILL right after an answer, time and again; each incident and its log entry is there, and nothing is torn."""
    answered: dict[str, str] = {}

    def write(host: str, name: str, process: subprocess.Popen[str], enough: int) -> None:
        with closing(HTTPConnection(host, timeout=10)) as connection:
            try:
                for number in range(1000):
                    status, answer = _declare(connection, f"{name}-{number}")
                    assert status == 200
                    answered[f"{name}-{number}"] = answer["incident"]["id"]
                    if len(answered) >= enough:
                        os.kill(process.pid, signal.SIGKILL)
            except (OSError, HTTPException):
                return

    for round_ in range(5):
        host, process = serve()
        enough = len(answered) + 3 * writers + round_
        threads = [
            threading.Thread(target=write, args=(host, f"{round_}-{writer}", process, enough))
            for writer in range(writers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        process.wait()

    app = reopen()

    assert len(answered) >= 5 * 3 * writers
    assert _kept(app).items() >= answered.items()
    _check_whole(app)


def test_a_server_without_room_says_so_and_goes_on(serve: Serve, reopen: Callable[[], Sandbox], tmp_path: Path) -> None:
    """What it could not write is a 500 and not there; what it answered before and after is."""
    host, process = serve()
    with closing(HTTPConnection(host, timeout=10)) as connection:
        begun = [_declare(connection, f"before-{number}")[0] for number in range(3)]
        room = (tmp_path / "data.sqlite-wal").stat().st_size + 100_000
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        failed = [_declare(connection, f"full-{number}", summary="x" * 1_000_000) for number in range(3)]
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        ended = [_declare(connection, f"after-{number}")[0] for number in range(3)]
    process.kill()
    process.wait()

    app = reopen()

    assert (begun, ended) == ([200] * 3, [200] * 3)
    assert [(status, answer["errors"][0]["code"]) for status, answer in failed] == [(500, "internal_error")] * 3
    assert sorted(_kept(app)) == [f"{word}-{number}" for word in ("after", "before") for number in range(3)]
    _check_whole(app)


def test_a_kill_between_two_snapshots_leaves_one_of_them(serve: Serve, reopen: Callable[[], Sandbox]) -> None:
    """A restore that dies is one that did not begin, or one that is done."""
    host, process = serve()
    with closing(HTTPConnection(host, timeout=10)) as connection:
        _declare(connection, "one")
        connection.request("POST", "/_sandbox/snapshot", json.dumps({"name": "one"}))
        connection.getresponse().read()
        _declare(connection, "two")
        connection.request("POST", "/_sandbox/snapshot", json.dumps({"name": "two"}))
        connection.getresponse().read()
    address, _, port = host.partition(":")
    body = json.dumps({"name": "one"})
    for _ in range(3):
        with socket.create_connection((address, int(port))) as restoring:
            text = f"POST /_sandbox/restore HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            restoring.sendall(text.encode())
    process.kill()
    process.wait()

    app = reopen()

    assert sorted(_kept(app)) in (["one"], ["one", "two"])
    assert app.store.snapshots() == ["one", "two"]
    _check_whole(app)


def test_the_data_of_a_killed_server_is_one_file_again(serve: Serve, tmp_path: Path) -> None:
    """Whoever opens it next finds everything in the file itself, once it is closed."""
    data = tmp_path / "data.sqlite"
    host, process = serve()
    with closing(HTTPConnection(host, timeout=10)) as connection:
        _declare(connection, "the-key")
    process.kill()
    process.wait()

    create_app(data).close()

    moved = data.rename(tmp_path / "moved.sqlite")
    with closing(sqlite3.connect(moved)) as connection_:
        assert connection_.execute("SELECT COUNT(*) FROM incident").fetchone() == (1,)
