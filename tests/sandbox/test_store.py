import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reconciler.sandbox import NotASandboxError, create_app

from .conftest import Api, Maker

ROOT = Path(__file__).parents[2]


def test_data_outlives_the_sandbox(make_api: Maker, tmp_path: Path) -> None:
    """Another one on the same file goes on: incidents, configuration, keys and log."""
    data = tmp_path / "data.sqlite"
    first = make_api(data=data)
    incident = first.declare(idempotency_key="the-key")
    first.post("/v1/severities", json={"name": "Huge", "description": "x"})
    asked = len(first.app.requests())
    first.app.close()

    second = make_api(data=data)

    assert len(second.app.requests()) == asked
    assert second.declare(idempotency_key="the-key")["id"] == incident["id"]
    assert second.severity("Huge")
    assert second.declare()["reference"] == "INC-2"


def test_sandboxes_in_memory_share_nothing(make_api: Maker) -> None:
    """Each has its own data."""
    first, second = make_api(), make_api()

    first.declare()

    assert second.get("/v2/incidents").json()["incidents"] == []


def test_two_sandboxes_on_one_file_see_each_other(make_api: Maker, tmp_path: Path) -> None:
    """Also what is configured, which each keeps a picture of."""
    first, second = (make_api(data=tmp_path / "data.sqlite") for _ in range(2))
    second.get("/v1/severities")

    first.put(f"/v1/severities/{first.severity('Minor')}", json={"name": "Low", "description": "x"})
    first.declare(severity_id=first.severity("Low"))

    assert second.severity("Low")
    assert second.get("/v2/incidents/1").json()["incident"]["severity"]["name"] == "Low"


_DECLARE = """
import os, sys, httpx
from pathlib import Path
from reconciler.sandbox import create_app
record = os.environ.get("RECONCILER_SANDBOX_RECORD")
app = create_app(Path(sys.argv[1]), record=Path(record) if record else None)
headers = {"Authorization": "Bearer sandbox"}
with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox", headers=headers) as client:
    for number in range(40):
        body = {"idempotency_key": f"{sys.argv[2]}-{number}", "visibility": "public",
                "severity_id": "01SANDB0XSEVER1TY000000001"}
        assert client.post("/v2/incidents", json=body).status_code == 200
        body["idempotency_key"] = f"shared-{number}"
        assert client.post("/v2/incidents", json=body).status_code == 200
app.close()
"""


def test_processes_share_one_file(tmp_path: Path, make_api: Maker) -> None:
    """Three that start at once on a new file lose nothing and create each key once."""
    data = tmp_path / "data.sqlite"
    command = [sys.executable, "-W", "error", "-c", _DECLARE, str(data)]
    started = [
        subprocess.Popen([*command, name], cwd=ROOT, stderr=subprocess.PIPE, text=True) for name in ("a", "b", "c")
    ]
    errors = [process.communicate(timeout=60)[1] for process in started]

    assert errors == ["", "", ""]
    answer = make_api(data=data).get("/v2/incidents", params={"page_size": 1}).json()
    assert answer["pagination_meta"]["total_record_count"] == 3 * 40 + 40
    assert answer["incidents"][0]["reference"] == "INC-160"


def test_many_threads_lose_nothing(make_api: Maker, tmp_path: Path) -> None:
    """Fifty side by side on one file, reading and writing."""
    api = make_api(data=tmp_path / "data.sqlite")

    def work(number: int) -> Api:
        incident = api.declare(name=f"{number}")
        api.edit(incident, summary="Told")
        api.updated(incident, message="Told", idempotency_key=f"update-{number}")
        return api

    with ThreadPoolExecutor(50) as threads:
        list(threads.map(work, range(100)))

    answer = api.get("/v2/incidents", params={"page_size": 250}).json()
    assert sorted(int(i["reference"][4:]) for i in answer["incidents"]) == list(range(1, 101))
    assert len(api.get("/v2/incident_updates", params={"page_size": 250}).json()["incident_updates"]) == 100


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """Text, another program's database, a newer format, a folder that is not there; none is touched."""
    text = tmp_path / "text"
    text.write_text("hello, this is not a database at all\n" * 100)
    other = tmp_path / "other.sqlite"
    newer = tmp_path / "newer.sqlite"
    create_app(newer).close()
    for path, statement in ((other, "CREATE TABLE things (name TEXT)"), (newer, "PRAGMA user_version = 99")):
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.close()
    before = {path: path.read_bytes() for path in (text, other)}

    for path, reason in (
        (text, "not a database"),
        (other, "another program"),
        (newer, "newer version"),
        (tmp_path / "missing" / "data.sqlite", "unable to open"),
    ):
        with pytest.raises(NotASandboxError, match=reason) as error:
            create_app(path)
        assert str(path) in str(error.value)
    assert before == {path: path.read_bytes() for path in (text, other)}


def test_an_empty_file_becomes_a_sandbox(make_api: Maker, tmp_path: Path) -> None:
    """As a temporary file is made before it is used."""
    data = tmp_path / "data.sqlite"
    data.touch()

    assert make_api(data=data).declare()["reference"] == "INC-1"


def test_what_is_no_file_is_refused() -> None:
    """A device would forget all that it is told."""
    with pytest.raises(NotASandboxError, match="it is no file"):
        create_app(Path("/dev/null"))
