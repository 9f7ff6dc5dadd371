"""A folder in, what requests to a sandbox on disk cost out: a rate side by side, a page of very many incidents."""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from reconciler.sandbox import create_app, ids, moments
from reconciler.sandbox.incidents.incident import Incident, save
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox.organisation import Organisation
    from reconciler.sandbox.store import Transaction

INCIDENTS, RECORDS = 100_000, 3  # so many records of each kind to an incident
PROCESSES, CONNECTIONS, SECONDS = 2, 20, 5.0
LIST, UPDATES = "/v2/incidents", "/v2/incident_updates"
KEY = {"Authorization": "Bearer sandbox"}
ACTOR = {"api_key": {"id": "01SANDB0XKEY00000000000001", "name": "sandbox"}}
UNLIMITED = ("--rate-limit", "1000000000")

Query = list[tuple[str, str]]


def sandboxing() -> Iterator[str]:
    """Yield how many requests a second a sandbox answers, and how long a page of very many incidents takes."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name), *UNLIMITED) as url:
        for what in ("create", "list"):
            yield f"{what:<6} with {CONNECTIONS} connections, of few incidents {rate(url, what):8.0f} a second"
    with tempfile.TemporaryDirectory() as name:
        begin = time.perf_counter()
        pages = fill(Path(name) / "data.db")
        yield f"{INCIDENTS:,} incidents written in {time.perf_counter() - begin:.0f} s"
        with serving(Path(name), *UNLIMITED) as url:
            with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
                yield from (f"{page:<46} {ms:6.1f} ms" for page, ms in measured(connection, pages))
            for what in ("create", "list"):
                yield f"{what:<6} with {CONNECTIONS} connections, of {INCIDENTS:,} {rate(url, what):8.0f} a second"


def rate(url: str, what: str) -> float:
    """Return how many requests a second are answered to many connections from a few processes."""
    with ProcessPoolExecutor(PROCESSES) as processes:
        return sum(processes.map(_ask, [url] * PROCESSES, [what] * PROCESSES)) / SECONDS


def _ask(url: str, what: str) -> int:
    threads = CONNECTIONS // PROCESSES
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(_ask_alone, [url] * threads, [what] * threads))


def _ask_alone(url: str, what: str) -> int:
    end = time.monotonic() + SECONDS
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        for answered in count():
            if time.monotonic() >= end:
                return answered
            _create(connection) if what == "create" else _get(connection, LIST, [("page_size", "250")])
    raise AssertionError


def measured(connection: HTTPConnection, pages: dict[str, tuple[str, Query]]) -> Iterator[tuple[str, float]]:
    """Yield the median of the milliseconds that each page takes, one after the other, and a create."""
    for name, (path, query) in pages.items():
        yield name, statistics.median(_timed(partial(_get, connection, path, query)))
    yield "create", statistics.median(_timed(partial(_create, connection)))


def _timed(ask: Callable[[], None]) -> Iterator[float]:
    for _ in range(7):
        begin = time.perf_counter()
        ask()
        yield (time.perf_counter() - begin) * 1000


def _get(connection: HTTPConnection, path: str, query: Query) -> None:
    connection.request("GET", f"{path}?{urlencode(query)}", headers=KEY)
    response = connection.getresponse()
    assert response.read()
    assert response.status == 200


def _create(connection: HTTPConnection) -> None:
    severity = ids.seed_id("severity", 1)
    body = {"idempotency_key": str(uuid4()), "visibility": "public", "name": "Slow", "severity_id": severity}
    connection.request("POST", LIST, json.dumps(body), KEY)
    response = connection.getresponse()
    assert response.read()
    assert response.status == 200


def fill(data: Path) -> dict[str, tuple[str, Query]]:
    """Write incidents with their records into a new file, as requests would; return the pages to measure."""
    chance, begin = random.Random(1), datetime(2025, 1, 1, tzinfo=UTC)
    with closing(create_app(data)) as app, app.store.writing() as transaction:
        for number in range(1, INCIDENTS + 1):
            now = begin + timedelta(minutes=5 * number, microseconds=chance.randrange(10**6))
            save(transaction, _incident(number, now, transaction.organisation, chance))
        for number in range(1, INCIDENTS + 1):
            ((identifier,),) = transaction.query("SELECT id FROM incident WHERE number = ?", (number,))
            for place in range(RECORDS):
                _records(transaction, identifier, begin + timedelta(minutes=5 * number + place))
        return pages(transaction)


def _incident(number: int, now: datetime, organisation: Organisation, chance: random.Random) -> Incident:
    def some(kind: str) -> str:
        return str(chance.choice(organisation.all(kind))["id"])

    values = (
        [some("catalog_entry")],
        [some("custom_field_option")],
        [str(chance.randrange(5000))],
        [f"cause {number}"],
    )
    fields = {field["id"]: value for field, value in zip(organisation.fields, values, strict=False)}
    told = {"name": f"Checkout latency {number}", "slack_team_id": "T0SANDBOX", "creator": ACTOR, "timestamps": {}}
    roles = {role["id"]: some("user") for role in organisation.all("incident_role") if chance.random() < 0.5}
    kept = {field: value for field, value in fields.items() if chance.random() < 0.7}
    return Incident(
        number=number,
        id=ids.new_id(),
        created=moments.microseconds(now),
        updated=moments.microseconds(now) + chance.randrange(10**10),
        activity=moments.microseconds(now),
        status=some("incident_status"),
        severity=some("severity"),
        type=some("incident_type"),
        mode=chance.choice(("standard", "standard", "retrospective", "test")),
        visibility="private" if chance.random() < 0.03 else "public",
        body={**told, "roles": roles, "fields": kept},
    )


def _records(transaction: Transaction, incident: str, now: datetime) -> None:
    told = {"incident_id": incident, "created_at": moments.written(now)}
    update: dict[str, Any] = {
        "message": "We see it.",
        "status": ids.seed_id("status", 2),
        "severity": None,
        "updater": ACTOR,
    }
    item = {"title": "Deploy", "creator": ACTOR, "timestamp": told["created_at"], "updated_at": told["created_at"]}
    entry = {"type": "pin", "title": "Pinned", "occurred_at": told["created_at"]}
    kinds = {"incident_update": update, "incident_timeline_item": item, "incident_activity_log_entry": entry}
    for kind, body in kinds.items():
        transaction.record(kind, incident, moments.sortable(now), {"id": ids.new_id(), **told, **body})


def pages(transaction: Transaction) -> dict[str, tuple[str, Query]]:
    """Name pages at every place and by every kind of filter, each with its path and query."""

    def incident(number: int) -> str:
        return str(transaction.query("SELECT id FROM incident WHERE number = ?", (number,))[0][0])

    def update(place: int) -> str:
        sql = "SELECT id FROM record WHERE kind = 'incident_update' ORDER BY sort LIMIT 1 OFFSET ?"
        return str(transaction.query(sql, (place,))[0][0])

    organisation = transaction.organisation
    middle, lead = ("after", incident(INCIDENTS // 2)), organisation.all("incident_role")[0]["id"]
    services, method, customers, cause, _ = (field["id"] for field in organisation.fields)
    option, entry = organisation.all("custom_field_option")[0]["id"], organisation.all("catalog_entry")[0]["id"]
    user, major = organisation.all("user")[1]["id"], organisation.all("severity")[1]["id"]
    one_of = (f"custom_field[{method}][one_of]", option)
    filters: dict[str, Query] = {
        "newest": [],
        "middle": [middle],
        "oldest": [("after", incident(10))],
        "oldest first": [("sort_by", "created_at_oldest_first"), middle],
        "status_category[one_of]": [("status_category[one_of]", "closed")],
        "status_category[not_in], middle": [("status_category[not_in]", "closed"), middle],
        "severity[gte]": [("severity[gte]", major)],
        "created_at[date_range]": [("created_at[date_range]", "2025-03-01~2025-03-20")],
        "updated_at[gte]": [("updated_at[gte]", "2025-02-01")],
        "mode[one_of]": [("mode[one_of]", "test")],
        "incident_role[one_of]": [(f"incident_role[{lead}][one_of]", user)],
        "incident_role[is_blank]": [(f"incident_role[{lead}][is_blank]", "true")],
        "custom_field[one_of], option": [one_of],
        "custom_field[one_of], entry, middle": [(f"custom_field[{services}][one_of]", entry), middle],
        "custom_field[one_of], text": [(f"custom_field[{cause}][one_of]", "cause 7")],
        "custom_field[not_in]": [(f"custom_field[{method}][not_in]", option)],
        "custom_field[is_blank]": [(f"custom_field[{cause}][is_blank]", "true")],
        "custom_field[gte]": [(f"custom_field[{customers}][gte]", "1000")],
        "any of field, severity, date": [
            ("filter_mode", "any"),
            one_of,
            ("severity[gte]", major),
            ("created_at[gte]", "2025-06-01"),
        ],
    }
    listed = {f"incidents: {name}": (LIST, [("page_size", "250"), *query]) for name, query in filters.items()}
    of_one = [("incident_id", incident(INCIDENTS // 2)), ("page_size", "250")]
    return listed | {
        "incident, by number": (f"{LIST}/{INCIDENTS // 2}", []),
        "updates: of one incident": (UPDATES, of_one),
        "updates: newest": (UPDATES, [("page_size", "250")]),
        "updates: middle": (UPDATES, [("page_size", "250"), ("after", update(INCIDENTS))]),
        "timeline": ("/v2/incident_timeline_items", of_one),
        "activity log": ("/v2/incident_activity_log_entries", of_one),
    }
