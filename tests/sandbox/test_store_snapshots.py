import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reconciler.sandbox import NotASandboxError
from reconciler.sandbox.incidents.incident import fill_index
from reconciler.sandbox.store import SnapshotNameError, UnknownSnapshotError

from .conftest import Api, Maker

Json = dict[str, Any]


@pytest.fixture(params=["memory", "file"])
def api(request: pytest.FixtureRequest, make_api: Maker, tmp_path: Path) -> Api:
    """Return a client of a new sandbox, once in memory and once on disk."""
    return make_api(data=tmp_path / "data.sqlite" if request.param == "file" else None)


def _everything(api: Api) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("configuration", "incident", "posting", "amount", "record", "idempotency", "request")
    with api.app.store.reading() as transaction:
        return {table: sorted(transaction.query(f"SELECT * FROM {table}")) for table in tables}


def _use(api: Api, key: str) -> Json:
    incident = api.declare(idempotency_key=key, severity_id=api.severity("Major"))
    api.updated(incident, message="Told")
    api.post("/v1/severities", json={"name": f"After {key}", "description": "x"})
    return incident


def test_a_reset_makes_everything_new(api: Api, make_api: Maker) -> None:
    """Incidents, configuration, keys and log are those of a sandbox that nobody has used."""
    _use(api, "the-key")

    api.app.store.reset()

    assert _everything(api) == _everything(make_api())
    assert api.declare(idempotency_key="the-key")["reference"] == "INC-1"


def test_a_restore_brings_everything_back(api: Api) -> None:
    """To the row: what came later is gone, what was changed is as it was, keys and log included."""
    first = _use(api, "first")
    before = _everything(api)
    api.app.store.snapshot("begin")
    _use(api, "second")
    api.edit(first, name="Renamed", incident_status_id=api.status("Closed"))

    api.app.store.restore("begin")

    assert _everything(api) == before
    assert api.get("/v2/incidents/1").json()["incident"]["name"] == first["name"]
    assert api.declare(idempotency_key="second")["reference"] == "INC-2"


def test_a_snapshot_can_be_restored_again_and_taken_anew(api: Api) -> None:
    """It survives resets and restores, its own and those of others, and holds what it was last taken of."""
    store = api.app.store
    store.snapshot("empty")
    _use(api, "a")
    store.snapshot("used")
    store.reset()
    store.restore("used")
    used = _everything(api)
    _use(api, "b")

    store.restore("empty")
    store.restore("used")

    assert _everything(api) == used
    store.snapshot("empty")
    store.reset()
    store.restore("empty")
    assert _everything(api) == used
    assert store.snapshots() == ["empty", "used"]


def test_an_unknown_snapshot_is_told(api: Api) -> None:
    """With those that there are, and nothing is changed."""
    with pytest.raises(UnknownSnapshotError, match="there is no snapshot 'begin'; there are none"):
        api.app.store.restore("begin")
    api.app.store.snapshot("one")
    api.app.store.snapshot("another")
    _use(api, "a")
    before = _everything(api)

    with pytest.raises(UnknownSnapshotError, match="there is no snapshot 'begin'; there are another, one"):
        api.app.store.restore("begin")

    assert _everything(api) == before


@pytest.mark.parametrize("name", ["", "Begin", "a b", "a\n", "../a", "x" * 64])
def test_a_snapshot_has_a_plain_name(api: Api, name: str) -> None:
    """Of small letters, digits and hyphens, 63 at the most."""
    with pytest.raises(SnapshotNameError, match="1 to 63 of a-z, 0-9 and -"):
        api.app.store.snapshot(name)


def test_snapshots_on_disk_survive_a_restart(make_api: Maker, tmp_path: Path) -> None:
    """Another sandbox on the same file restores them."""
    data = tmp_path / "data.sqlite"
    first = make_api(data=data)
    _use(first, "a")
    first.app.store.snapshot("used")
    before = _everything(first)
    first.app.store.reset()
    first.app.close()

    second = make_api(data=data)
    second.app.store.restore("used")

    assert _everything(second) == before


def test_others_on_the_file_see_a_reset_and_a_restore(make_api: Maker, tmp_path: Path) -> None:
    """Also in what they keep a picture of, the configuration."""
    first, second = (make_api(data=tmp_path / "data.sqlite") for _ in range(2))
    _use(first, "a")
    second.severity("After a")
    first.app.store.snapshot("used")

    first.app.store.reset()

    names = [severity["name"] for severity in second.get("/v1/severities").json()["severities"]]
    assert names == ["Minor", "Major", "Critical"]
    first.app.store.restore("used")
    assert second.severity("After a")
    assert second.get("/v2/incidents/1").status_code == 200


def test_a_restore_is_seen_whole_or_not_at_all(make_api: Maker, tmp_path: Path) -> None:
    """Whoever reads and writes meanwhile, in this process or another, meets one of the two states."""
    first, second = (make_api(data=tmp_path / "data.sqlite") for _ in range(2))
    first.app.store.snapshot("none")
    for number in range(5):
        first.declare(name=f"{number}")
    first.app.store.snapshot("five")
    seen: set[tuple[int, int]] = set()
    is_done = threading.Event()

    def look() -> None:
        while not is_done.is_set():
            with second.app.store.reading() as transaction:
                ((incidents,),) = transaction.query("SELECT COUNT(*) FROM incident")
                ((records,),) = transaction.query("SELECT COUNT(*) FROM record")
            seen.add((incidents, records))

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(15):
        for name in ("none", "five"):
            first.app.store.restore(name)
    is_done.set()
    looking.join()

    assert seen <= {(0, 0), (5, 5)}


def test_what_is_written_around_a_restore_stays_whole(make_api: Maker, tmp_path: Path) -> None:
    """Each request of another process comes before it or after it: no half incident, no key of nothing."""
    first, second = (make_api(data=tmp_path / "data.sqlite") for _ in range(2))
    first.declare(idempotency_key="kept")
    first.app.store.snapshot("one")

    def write(number: int) -> int:
        return second.declared(idempotency_key=f"{number}", severity_id=second.severity("Major")).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = threads.map(write, range(40))
        for _ in range(10):
            first.app.store.restore("one")

    assert set(statuses) == {200}
    with first.app.store.writing() as transaction:
        numbers = [number for (number,) in transaction.query("SELECT number FROM incident ORDER BY number")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert transaction.query("SELECT id FROM incident EXCEPT SELECT incident FROM record") == []
        assert transaction.query("SELECT id FROM idempotency EXCEPT SELECT id FROM incident") == []
        index = transaction.query("SELECT * FROM posting")
        transaction.write("DELETE FROM posting")
        fill_index(transaction)
        assert transaction.query("SELECT * FROM posting") == index


def test_the_log_is_read_in_pages(api: Api) -> None:
    """Each entry has its number, and a page goes on after the last number of the one before."""
    store = api.app.store
    for _ in range(5):
        api.get("/v1/severities")

    pages = [store.requests(after, 2) for after in (0, 2, 4, 5)]

    assert [[entry["number"] for entry in page] for page in pages] == [[1, 2], [3, 4], [5], []]
    assert store.last_request() == 5
    assert [{**entry, "number": number} for number, entry in enumerate(api.app.requests(), start=1)] == store.requests()


def test_the_log_of_a_new_sandbox_is_empty(api: Api) -> None:
    """And has no last number."""
    assert (api.app.store.requests(), api.app.store.last_request()) == ([], 0)


def test_a_reset_that_fails_changes_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when there is no room for the new data."""
    _use(api, "a")
    before = _everything(api)

    def fail(_transaction: object) -> None:
        raise NotASandboxError(None, "no")

    monkeypatch.setattr(api.app.store, "_seed", fail)
    with pytest.raises(NotASandboxError):
        api.app.store.reset()

    assert _everything(api) == before
