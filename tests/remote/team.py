"""People on several machines who share an account and a remote state."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.cli.shell import INCIDENT, Shell
from tests.remote.stores import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.remote.stores import Server

WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {manifests: [incidents], state: %s, state_lease_seconds: %d}
"""
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
        with Shell(home).served("--data", "data.db", "--latency", "20ms", *flags) as url:
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

    def assert_each_once(self, *incidents: str) -> None:
        """Hold that these incidents were declared once, and their updates posted once."""
        assert self.incidents == Counter(f"Title of {name}" for name in incidents)
        assert self.updates == 2 * len(incidents)
