"""What memory costs at 10,000 resources: a journal's lines, a state written and read, in a file and in a bucket."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import Key, Step
from reconciler.state import Account, FieldRecord, Intent, Memory, Record, State
from reconciler.state.address import Address
from reconciler.state.local import LocalStore
from reconciler.state.objects import Objects
from reconciler.state.remote import RemoteStore
from tests.torture.bucket import NAME, Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.state import Store

RESOURCES = 10_000
ACCOUNT = Account("https://api.incident.io", "https://app.incident.io/acme")


def remembering() -> Iterator[str]:
    """Yield what a journal costs for each action, and what it costs to save and to read a state."""
    with tempfile.TemporaryDirectory() as name:
        yield from _of(LocalStore(Path(name, "state.json"), "acme"), "in a file  ")
    with tempfile.TemporaryDirectory() as name, _bucket(Path(name)) as store:
        yield from _of(store, "in a bucket")


def _of(store: Store, where: str) -> Iterator[str]:
    """Yield the figures of one store; a bucket's server is a process beside this one."""
    memory = Memory(State(workspace="acme", account=ACCOUNT, records=dict(map(_resource, range(RESOURCES)))))
    with store.locked():
        store.read()
        begin = time.perf_counter()
        store.save(memory, ACCOUNT)
        saved = time.perf_counter() - begin
    begin = time.perf_counter()
    store.read()
    loaded = time.perf_counter() - begin
    yield (
        f"state of {RESOURCES:,} resources {where}: load and save {saved + loaded:5.2f} s "
        f"(save {saved:.2f}, load {loaded:.2f})"
    )
    with store.locked():
        store.read()
        journal = store.open_journal()
        begin = time.perf_counter()
        for key, record in memory.state.records.items():
            step = Step("create", key)
            body = {"name": f"Checkout latency {key.name}", "summary": "p99 above 2 s", "mode": "test"}
            asked = {"idempotency_key": record.idempotency_key, **body}
            journal.intent(Intent(step, record.idempotency_key, "POST", "/v2/incidents", asked, body, 1.0))
            journal.outcome(step, {key: record})
        journal.close()
        noted = time.perf_counter() - begin
        begin = time.perf_counter()
        store.read()
        read = time.perf_counter() - begin
        store.save(memory, ACCOUNT)
    each = noted / RESOURCES * 1000
    yield f"journal of {RESOURCES:,} actions {where}:  {each:5.3f} ms an action, read again in {read:.2f} s"


def _resource(number: int) -> tuple[Key, Record]:
    """Return an incident with three fields, as an apply leaves it."""
    fields = {
        "name": f"Checkout latency above SLO, case {number}",
        "summary": "p99 above 2 s in eu-west-1 since 09:12 UTC; a bad deploy is being rolled back.",
        "severity": "01J0SEVERITY00000000000001",
    }
    return Key("Incident", f"incident-{number}"), Record(
        id=f"01J0{number:022}",
        idempotency_key=f"incident-{number}.1-{number:032x}",
        mode="test",
        on_remove="abandon",
        reference=f"INC-{number}",
        link=f"https://app.incident.io/acme/incidents/{number}",
        fields={name: FieldRecord(value, value) for name, value in fields.items()},
    )


@contextmanager
def _bucket(folder: Path) -> Iterator[RemoteStore]:
    with Bucket() as bucket:
        bucket.open()
        address = Address.parse(f"s3://{NAME}/state.json")
        yield RemoteStore(Objects(address, bucket.environ), address, folder, "acme", lease_seconds=60)
