"""A small world for tests: a folder of manifests, a sandbox account, people who touch it, and runs that may die."""

from __future__ import annotations

import shutil
import textwrap
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from reconciler import reconcile, workspace
from reconciler.api import Clock, connect, in_process
from reconciler.model import Done
from reconciler.sandbox import Behaviour, ConnectionDropped, Faults, Rates, create_app
from reconciler.state.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.api import Client
    from reconciler.model import Outcome, Plan
    from reconciler.sandbox import Sandbox
    from reconciler.state import Memory

BASE_URL = "http://127.0.0.1"
HEAD = "apiVersion: reconciler/v1\n"
ACME = HEAD + "kind: Workspace\nmetadata: {name: acme}\nspec: {%s}\n"
"""A workspace; what stands in its spec goes in."""


class Hurry(Clock):
    """A clock whose waits take no time, although it counts them as passed."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return monotonic seconds, those that were not waited for included."""
        return super().now() + self._skipped

    def wait(self, seconds: float) -> None:
        """Go on at once, unless a stop was asked for."""
        self.check()
        with self._lock:
            self._skipped += max(0.0, seconds)


class Undated(httpx.BaseTransport):
    """Takes the date out of what another transport answers."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request without a date."""
        response = self._transport.handle_request(request)
        response.headers.pop("Date", None)
        return response


@dataclass
class World:
    """One folder and one account; every method is what a person would do."""

    folder: Path
    idempotency: str = "return"
    latency: float = 0.0
    rate_limit: int = 100_000
    environ: dict[str, str] = field(default_factory=dict)
    behaviour: Behaviour = field(default_factory=Behaviour)
    is_dated: bool = True
    """Whether the answers that the program gets say when they were made."""

    def write(self, text: str, name: str = "manifests.yaml") -> Path:
        """Write a file of manifests; the API version may be left out of each document."""
        documents = [HEAD + part.strip("\n") + "\n" for part in textwrap.dedent(text).split("---\n")]
        return self.write_raw("---\n".join(documents), name)

    def write_raw(self, text: str, name: str) -> Path:
        """Write a file as it is."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def workspace(self) -> workspace.Workspace:
        """Return the workspace, as a command with `--sandbox` sees it."""
        return workspace.load([str(self.folder)], sandbox=True, environ=self.environ)

    @property
    def store(self) -> LocalStore:
        """Return where the state is."""
        return LocalStore(self.workspace.state, self.workspace.namespace)

    @property
    def memory(self) -> Memory:
        """Return what is remembered."""
        return self.store.read()

    @contextmanager
    def sandbox(self, faults: Sequence[str] = ()) -> Iterator[Sandbox]:
        """Open the account, with faults counted from here."""
        data = self.workspace.sandbox_data
        data.parent.mkdir(parents=True, exist_ok=True)
        app = create_app(
            data,
            behaviour=replace(self.behaviour, idempotency=self.idempotency),
            latency=self.latency,
            faults=Faults.parse(list(faults)),
            rates=Rates(self.rate_limit),
        )
        try:
            yield app
        finally:
            app.close()

    @contextmanager
    def client(self, faults: Sequence[str] = (), key: str = "sandbox", **options: Any) -> Iterator[Client]:
        """Open a connection to the account, with faults counted from here."""
        with (
            self.sandbox(faults) as app,
            connect(BASE_URL, key, transport=self._transport(app), clock=Hurry(), **options) as client,
        ):
            yield client

    def _transport(self, app: Sandbox) -> httpx.BaseTransport:
        transport = in_process(app, ConnectionDropped)
        return transport if self.is_dated else Undated(transport)

    def plan(self, **selection: Any) -> Plan:
        """Plan, with a client that can only read."""
        with self.client(read_only=True) as client:
            return reconcile.plan(reconcile.load(self.workspace, **selection), client, self.memory)

    def apply(self, faults: Sequence[str] = (), *, key: str = "sandbox", parallelism: int = 4) -> list[Outcome]:
        """Plan and apply; faults count from the first request of the plan."""
        memory = self.memory
        with self.client(faults, key) as client:
            plan = reconcile.plan(reconcile.load(self.workspace), client, memory)
            return list(
                reconcile.apply(
                    plan,
                    client,
                    self.store,
                    memory=memory,
                    base_url=BASE_URL,
                    parallelism=parallelism,
                    sleep=lambda _: None,
                    policy=self.workspace.drift,
                )
            )

    def settle(self) -> list[Outcome]:
        """Apply, and expect everything to be done."""
        outcomes = self.apply()
        undone = [one for one in outcomes if not isinstance(one, Done)]
        assert not undone, undone[0]
        return outcomes

    def lose_state(self) -> None:
        """Delete everything that is remembered, but not the account."""
        for path in self.workspace.state.parent.iterdir():
            if not path.name.startswith("data.db"):
                path.unlink() if path.is_file() else shutil.rmtree(path)

    def ask(self, method: str, path: str, body: Any = None, *, person: str = "", key: str = "sandbox") -> Any:
        """Send one request as a key, or as a person in Slack, and return the answer's body."""
        headers = {"Authorization": f"Bearer {key}"} | ({"X-Sandbox-Actor": person} if person else {})
        with (
            self.sandbox() as app,
            httpx.Client(base_url=BASE_URL, transport=httpx.WSGITransport(app=app)) as client,
        ):
            answer = client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    def incidents(self) -> list[dict[str, Any]]:
        """Return every incident of the account, oldest first."""
        modes = "&".join(f"mode[one_of]={mode}" for mode in ("standard", "test", "retrospective", "tutorial"))
        path = f"/v2/incidents?page_size=250&sort_by=created_at_oldest_first&{modes}"
        return list(self.ask("GET", path)["incidents"])

    def incident(self, name: str) -> dict[str, Any]:
        """Return the one incident of this name."""
        (one,) = [one for one in self.incidents() if one["name"] == name]
        return one

    def updates(self, incident: str) -> list[str]:
        """Return the messages of an incident's updates, oldest first."""
        found = self.ask("GET", f"/v2/incident_updates?page_size=250&incident_id={incident}")["incident_updates"]
        found.sort(key=lambda one: (one["created_at"], one["id"]))
        return [one["message"] for one in found if one.get("message")]

    def edit(self, incident: str, *, person: str = "bob@example.com", **fields: Any) -> None:
        """Edit an incident as a person does in Slack."""
        body = {"incident": fields, "notify_incident_channel": False}
        self.ask("POST", f"/v2/incidents/{incident}/actions/edit", body, person=person)

    def listed(self, path: str, items: str) -> dict[str, dict[str, Any]]:
        """Return the objects of a list, by name."""
        return {one["name"]: one for one in self.ask("GET", path)[items]}

    def status(self, name: str) -> str:
        """Return the ID of a status."""
        return str(self.listed("/v1/incident_statuses", "incident_statuses")[name]["id"])

    def severity(self, name: str) -> str:
        """Return the ID of a severity."""
        return str(self.listed("/v1/severities", "severities")[name]["id"])

    def requests(self) -> list[dict[str, Any]]:
        """Return what the account saw, oldest first."""
        with self.sandbox() as app:
            return app.requests()
