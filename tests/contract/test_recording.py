"""What a recorder writes, and that it changes nothing else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler.api import in_process
from reconciler.sandbox import ConnectionDropped, Faults, create_app
from reconciler.sandbox.recording import Exchange, Recorder, Request, Sent, observe
from tests.contract.recorded import read_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

ASKED = Request("POST", "/v1/severities", "a=b", {"User-Agent": "x"}, b'{"name": "\xff\x00"}')
EXCHANGE = Exchange(ASKED, Sent(400, {"Content-Type": "text/html"}, b"\xf0\x28\n"), is_faulty=True)
UNSENT = Exchange(ASKED, None, is_whole=False)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "exchanges.jsonl"


def client(record: Path, *faults: str) -> httpx.Client:
    """Return a client of a sandbox that records."""
    app = create_app(faults=Faults.parse(faults), record=record)
    headers = {"Authorization": "Bearer sandbox-viewer", "Cookie": "session=1"}
    return httpx.Client(transport=in_process(app, ConnectionDropped), base_url="http://sandbox", headers=headers)


def test_every_exchange_is_a_line_without_the_key(record: Path) -> None:
    """What was asked and what was answered is in the file, and nothing that lets anybody in."""
    answers = [client(record).get("/v1/identity"), client(record).post("/v2/incidents?a=b", content=b"{")]

    first, second = (json.loads(line) for line in record.read_text().splitlines())
    assert set(first) == {"time", "request", "answer", "fault", "whole"}
    assert first["answer"]["body"] == answers[0].text
    assert second["request"]["query"] == "a=b"
    assert second["request"]["body"] == "{"
    assert second["answer"]["status"] == answers[1].status_code == 403
    written = record.read_text().lower()
    assert not [secret for secret in ("authorization", "bearer", "cookie", "session=1") if secret in written]


def test_what_is_read_is_what_was_written(record: Path) -> None:
    """Bytes that are no text come back as they were; a line that was torn is passed over."""
    recorder = Recorder(record)

    recorder(EXCHANGE)
    recorder(UNSENT)
    recorder.close()
    with record.open("a") as file:
        file.write('{"time": "2026-')

    assert list(read_exchanges(record)) == [EXCHANGE, UNSENT]


def test_the_file_is_for_its_owner_alone(record: Path) -> None:
    """Incidents may be private."""
    Recorder(record).close()

    assert record.stat().st_mode & 0o777 == 0o600


def test_recorders_share_a_file(record: Path) -> None:
    """Lines of several recorders and threads stay whole, however long they are."""
    long = Exchange(ASKED, Sent(200, {}, b"x" * 200_000))
    recorders = [Recorder(record) for _ in range(4)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda number: recorders[number % 4](long), range(40)))
    for recorder in recorders:
        recorder.close()

    assert list(read_exchanges(record)) == [long] * 40


def test_a_dropped_request_is_recorded_without_an_answer(record: Path) -> None:
    """The request was made, whatever became of it."""
    with pytest.raises(httpx.RemoteProtocolError):
        client(record, "drop-after:1").get("/v1/severities")

    (exchange,) = read_exchanges(record)
    assert (exchange.request.path, exchange.answer) == ("/v1/severities", None)


def test_a_spoiled_answer_is_marked(record: Path) -> None:
    """A reader can tell an answer that a fault has shaped; one that is only late is as it would have been."""
    asking = client(record, "invalid-json:1", "slow-headers=0:2")
    asking.get("/v1/severities")
    asking.get("/v1/severities")

    assert [exchange.is_faulty for exchange in read_exchanges(record)] == [True, False]


def test_a_slow_answer_whose_client_is_killed_is_recorded_as_cut(record: Path) -> None:
    """What a slow sandbox had sent by then is no answer of the API, and whoever reads the record can tell."""
    app = create_app(faults=Faults.parse(["slow-body=0:1"]), record=record)
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/identity", "wsgi.input": BytesIO(), "wsgi.errors": StringIO()}
    pieces = iter(app({**asked, "HTTP_AUTHORIZATION": "Bearer sandbox"}, lambda *_: lambda _: None))

    next(pieces)
    pieces.close()  # type: ignore[attr-defined]

    (exchange,) = read_exchanges(record)
    assert exchange.answer is not None
    assert exchange.answer.status == 200
    assert (exchange.is_whole, exchange.is_faulty) == (False, False)


def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    """Nobody records for an hour into nothing."""
    with pytest.raises(FileNotFoundError):
        create_app(record=tmp_path / "nowhere" / "exchanges.jsonl")


def test_a_full_disk_does_not_stop_the_answers(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be recorded is told, and answered all the same."""
    recorder = Recorder(Path("/dev/full"))

    recorder(EXCHANGE)

    assert "an exchange is not recorded: [Errno 28]" in caplog.text


class Pieces:
    """An answer in three pieces that may break before its end, and knows whether it was closed."""

    def __init__(self, breaks: Exception | None = None) -> None:
        self.breaks = breaks
        self.is_closed = False

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer any request."""
        start_response("200 OK", [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces."""
        yield from (b"a", b"b", b"c")
        if self.breaks:
            raise self.breaks

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


def observed(app: Pieces, notes: list[Exchange]) -> Iterator[bytes]:
    """Ask an app for its answer, and observe it."""
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": BytesIO()}
    return iter(observe(app, notes.append, environ, lambda *_: lambda _: None))


def test_an_answer_passes_piece_by_piece_and_is_told_before_its_last() -> None:
    """A slow answer stays slow, and who has read an answer to its end finds it recorded."""
    app, notes = Pieces(), list[Exchange]()
    pieces = observed(app, notes)

    assert [next(pieces), next(pieces), len(notes)] == [b"a", b"b", 0]
    assert [next(pieces), len(notes), app.is_closed] == [b"c", 1, True]
    assert notes == [Exchange(notes[0].request, Sent(200, {}, b"abc"))]


def test_an_answer_that_breaks_off_passes_to_where_it_breaks() -> None:
    """All that was sent before a connection is dropped is sent, recorded, and dropped."""
    app, notes = Pieces(ConnectionDropped()), list[Exchange]()
    pieces = observed(app, notes)

    assert [next(pieces), next(pieces), next(pieces)] == [b"a", b"b", b"c"]
    with pytest.raises(ConnectionDropped):
        next(pieces)
    assert [(note.answer, note.is_whole, app.is_closed) for note in notes] == [(Sent(200, {}, b"abc"), False, True)]


def test_an_answer_that_nobody_waits_for_is_told() -> None:
    """A client that goes away leaves a record, and it tells that the rest of the answer was never sent."""
    app, notes = Pieces(), list[Exchange]()
    pieces = observed(app, notes)
    next(pieces)

    pieces.close()  # type: ignore[attr-defined]

    assert [(note.is_whole, app.is_closed) for note in notes] == [(False, True)]
