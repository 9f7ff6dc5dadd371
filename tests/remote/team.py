"""People on several machines who share an account and a remote state."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.cli.shell import INCIDENT, PATIENCE, Shell
from tests.remote.stores import Bucket, Moto
from tests.world import ACME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.remote.stores import Server

WORKSPACE = ACME % "manifests: [incidents], state: %s, state_lease_seconds: %d"
LEASE = 3
"""Seconds: short, as tests wait for its end."""
MODES = "mode[one_of]=test"


@dataclass
class Team:
    """One account that is served, one state, and as many machines as are asked for."""

    folder: Path
    server: Server
    at: str
    url: str = ""
    lease: int = LEASE
    _machines: dict[str, Shell] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def gathered(cls, folder: Path, server: Server, *flags: str) -> Iterator[Team]:
        """Give a team whose account is served while it lasts."""
        home = folder / "account"
        home.mkdir()
        with Shell(home).served("--data", "data.db", "--latency", "100ms", *flags) as url:
            yield cls(folder, server, server.address(), url)

    def machine(self, name: str, *incidents: str) -> Shell:
        """Return somebody's machine with a checkout of the workspace and these incidents."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        shell = Shell(folder, {**self.server.environ, "INCIDENT_API_KEY": "sandbox", "INCIDENT_IO_BASE_URL": self.url})
        shell.write("reconciler.yaml", WORKSPACE % (self.at, self.lease))
        (folder / "incidents").mkdir(exist_ok=True)
        for incident in incidents:
            shell.write(f"incidents/{incident}.yaml", INCIDENT.replace("NAME", incident))
        return shell

    @property
    def name(self) -> str:
        """Return the object of the state: this account's alone."""
        label = self.url.removeprefix("http://").replace(":", "-")
        path = self.at.split("/", 3)[3]
        return f"{path.removesuffix('.json')}.sandbox-{label}.json"

    @property
    def bucket(self) -> Bucket:
        """Return what lies in the store."""
        return Bucket(self.server, self.at)

    @property
    def state(self) -> dict[str, Any]:
        """Return the state as it lies in the store."""
        told: dict[str, Any] = json.loads(self.bucket.text(self.name) or b"{}")
        return told

    @property
    def lock(self) -> dict[str, Any]:
        """Return the lock as it lies in the store."""
        told: dict[str, Any] = json.loads(self.bucket.text(f"{self.name}.lock") or b"{}")
        return told

    def get(self, path: str) -> Any:
        """Read something of the account."""
        answer = httpx.get(f"{self.url}{path}", headers={"Authorization": "Bearer sandbox"}, trust_env=False)
        return answer.raise_for_status().json()

    @property
    def incidents(self) -> Counter[str]:
        """Return how often each incident was declared, by name."""
        return Counter(one["name"] for one in self.get(f"/v2/incidents?page_size=250&{MODES}")["incidents"])

    @property
    def updates(self) -> int:
        """Return how many updates were posted with a message."""
        found = self.get("/v2/incident_updates?page_size=250")["incident_updates"]
        return sum(bool(one.get("message")) for one in found)

    def writes(self) -> int:
        """Return how many requests that write the account has seen."""
        path = self.folder / "account" / "data.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            (count,) = database.execute("SELECT count(*) FROM request WHERE method != 'GET'").fetchone()
        return int(count)

    def write_behind(self, **fields: Any) -> None:
        """Write the state as nobody should: without the lock."""
        objects = self.bucket.objects
        found = objects.get(self.name)
        empty = {"format_version": 1, "workspace": "acme", "account": {}, "serial": 0, "resources": {}}
        value = json.loads(found.text) if found else {**empty, "tombstones": {}}
        objects.put(self.name, json.dumps({**value, **fields}).encode(), found.version if found else None)

    def spoil(self, name: str, rubbish: bytes = b"rubbish{\n") -> None:
        """Write rubbish over an object."""
        found = self.bucket.objects.get(name)
        self.bucket.objects.put(name, rubbish, found.version if found else None)

    def drop(self, name: str) -> None:
        """Remove an object."""
        self.bucket.objects.delete(name)

    def delete_bucket(self) -> None:
        """Remove the bucket with all that is in it; S3's."""
        assert isinstance(self.server, Moto)
        self.server.remove(self.at.split("/")[2])

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end
            time.sleep(0.1)

    def assert_each_once(self, *incidents: str) -> None:
        """Hold that these incidents were declared once, and their updates posted once."""
        assert self.incidents == Counter(f"Title of {name}" for name in incidents)
        assert self.updates == 2 * len(incidents)
