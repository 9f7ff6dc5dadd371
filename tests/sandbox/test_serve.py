import json
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from reconciler.cli.sandbox import command
from reconciler.sandbox import create_app
from reconciler.sandbox.serve import Server

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-W", "error", "-c", "from reconciler.cli.sandbox import command; command()", "serve"]

Start = Callable[..., tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers on free ports that are ended after the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(*flags: str) -> tuple[str, subprocess.Popen[str]]:
        process = subprocess.Popen(
            [*PROGRAM, "--port", "0", *flags], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 20)[0], "nothing was printed"
        word, url = process.stdout.readline().split()
        assert (word, process.stdout.readline()) == ("sandbox:", "key: sandbox\n")
        return url, process

    yield begin
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=10)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False)


def _declare(client: httpx.Client, key: str) -> httpx.Response:
    severity = "01SANDB0XSEVER1TY000000001"
    body = {"idempotency_key": key, "visibility": "public", "severity_id": severity}
    return client.post("/v2/incidents", json=body)


def test_a_drop_closes_the_socket_without_a_byte(start: Start) -> None:
    """Before handling nothing is kept; after the commit the incident is there; the server goes on."""
    url, _ = start("--fault", "drop-before:1:POST", "--fault", "drop-after:2:POST")
    with _client(url) as client:
        for key in ("a", "b"):
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                _declare(client, key)

        listed = client.get("/v2/incidents").json()

        assert [incident["reference"] for incident in listed["incidents"]] == ["INC-1"]
        assert _declare(client, "b").json()["incident"]["id"] == listed["incidents"][0]["id"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, nothing on stderr, and the data is whole."""
    data = tmp_path / "data.sqlite"
    url, process = start("--data", str(data))
    with _client(url) as client:
        _declare(client, "a")

    process.send_signal(number)

    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    with closing(sqlite3.connect(data)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM incident").fetchone() == (1,)


def test_a_killed_server_loses_nothing_that_it_answered(start: Start, tmp_path: Path) -> None:
    """SIGKILL right after an answer, and the next server has the incident."""
    data = tmp_path / "data.sqlite"
    url, process = start("--data", str(data))
    with _client(url) as client:
        answer = _declare(client, "a").json()
    process.kill()
    process.wait()

    again, _ = start("--data", str(data))

    with _client(again) as client:
        assert _declare(client, "a").json()["incident"]["id"] == answer["incident"]["id"]


def test_a_taken_port_is_told() -> None:
    """Exit code 7, and which address it was."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ended = CliRunner().invoke(command, ["serve", "--port", str(port)])

    assert ended.exit_code == 7
    assert ended.output == f"Error: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_wrong_data_file_is_told(tmp_path: Path) -> None:
    """Exit code 3, and what is wrong with the file."""
    data = tmp_path / "notes.txt"
    data.write_text("notes " * 1000)

    ended = CliRunner().invoke(command, ["serve", "--data", str(data)])

    assert ended.exit_code == 3
    assert ended.output == f"Error: {data}: cannot be used as the data of a sandbox: file is not a database\n"


def test_a_wrong_fault_is_told() -> None:
    """Exit code 3, and how one is written."""
    ended = CliRunner().invoke(command, ["serve", "--fault", "explode:3"])

    assert ended.exit_code == 3
    assert "there are drop-before, drop-after" in ended.output


def test_other_machines_are_kept_out_unless_let_in() -> None:
    """The keys are known to everybody, so only this machine is served without a flag."""
    ended = CliRunner().invoke(command, ["serve", "--host", "0.0.0.0"])

    assert ended.exit_code == 3
    assert "--allow-remote" in ended.output


@pytest.mark.parametrize("latency", ["100", "fast", "-1s", "1d"])
def test_a_latency_has_a_unit(latency: str) -> None:
    """A bare number could be seconds or milliseconds."""
    ended = CliRunner().invoke(command, ["serve", f"--latency={latency}"])

    assert ended.exit_code != 0
    assert "write 100ms or 0.5s" in ended.output


def test_help_does_not_wait_for_the_server() -> None:
    """Neither the web framework nor the server is imported for it."""
    script = (
        "import sys; from reconciler.cli.sandbox import command; print({'werkzeug', 'waitress'} & set(sys.modules))"
    )

    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout == "set()\n"


def test_a_torn_answer_ends_in_the_middle(start: Start) -> None:
    """The headers promise more than comes; what was asked for is kept, and the server goes on."""
    url, _ = start("--fault", "truncated-body:1:POST")
    with _client(url) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            _declare(client, "a")

        assert len(client.get("/v2/incidents").json()["incidents"]) == 1


def test_a_slow_answer_does_not_hold_up_others(start: Start) -> None:
    """Its body comes in pieces, while another request is answered."""
    url, _ = start("--fault", "slow-body=2:1:/v1/severities")
    with _client(url) as client, client.stream("GET", "/v1/severities") as slow:
        pieces = slow.iter_raw()
        first = next(pieces)
        between = client.get("/v1/identity").status_code
        rest = list(pieces)

    assert between == 200
    assert len(rest) > 3
    assert len(first + b"".join(rest)) == int(slow.headers["Content-Length"])


def test_an_unreadable_answer_reaches_the_client_as_such(start: Start) -> None:
    """A proxy's page with its own type, an error with Retry-After."""
    url, _ = start("--fault", "502-before:1", "--fault", "503-before=7:2")
    with _client(url) as client:
        page, busy = client.get("/v1/identity"), client.get("/v1/identity")

    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "7")


def test_more_clients_than_threads_wait_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """Each is answered in its turn; nobody is warned of it."""
    app = create_app(latency=0.02)
    server = Server(app, threads=1)
    running = threading.Thread(target=server.run)
    running.start()
    with _client(server.url) as client, ThreadPoolExecutor(5) as clients:
        statuses = [answer.status_code for answer in clients.map(client.get, ["/v1/identity"] * 10)]
    server.stop()
    running.join()
    app.close()

    assert statuses == [200] * 10
    assert [record.message for record in caplog.records if record.name.startswith("waitress")] == []


def test_slow_answers_do_not_hold_up_its_end(start: Start) -> None:
    """Nobody waits for what is only pretending to be slow."""
    url, process = start("--fault", "slow-headers=3600:1-")
    with _client(url) as client, ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(client.get, "/v1/identity")
        while not httpx.get(f"{url}/_sandbox/faults", trust_env=False).json()["faults"][0]["seen"]:
            pass
        process.send_signal(signal.SIGTERM)

        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError, httpx.ConnectError)):
            answer.result(timeout=20)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example.com", 403), ("evil.example.com:80", 403), ("localhost", 200), ("127.0.0.1:1", 200), ("[::1]", 200)],
)
def test_other_names_of_this_machine_are_not_answered(start: Start, host: str, status: int) -> None:
    """A page from elsewhere, whose own name was made to lead here, gets nothing: no data, no reset."""
    url, _ = start()
    with _client(url) as client:
        for path in ("/v1/identity", "/", "/_sandbox/requests"):
            assert client.get(path, headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /v2/users?email=\xc3\xa9@x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v2/incidents HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /v2/incidents HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /v2/incidents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_the_documented_error(start: Start, request_: bytes) -> None:
    """Also where the server refuses it before the sandbox has seen it."""
    url, _ = start()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request_)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert json.loads(body).keys() == {"type", "status", "request_id", "errors"}


@pytest.mark.parametrize("path", ["//v2/incidents", "///v2/incidents?page_size=1"])
def test_slashes_too_many_are_told_over_a_socket(start: Start, path: str) -> None:
    """The path is that of the first line, also where the server leaves slashes out."""
    url, _ = start()
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", path, headers={"Authorization": "Bearer sandbox"})
        response = connection.getresponse()
        told = json.load(response)["errors"][0]["message"]

    assert (response.status, told) == (404, f"there is no {path.partition('?')[0]} in this API")
