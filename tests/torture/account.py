"""The account of one run: a sandbox on a port in a process of its own, with traps that spring at a request's number."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx
from werkzeug.http import http_date

from reconciler.sandbox import Behaviour, ConnectionDropped, Rates, create_app, exchange, moments
from reconciler.sandbox.incidents.incident import rows, save
from reconciler.sandbox.keys import SCOPES
from reconciler.sandbox.serve import Server
from tests.torture.traps import set_by, spring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox import Sandbox
    from tests.torture.traps import Trap

Json = dict[str, Any]

CANARY = "canary-5d2f9c1e7ab34488"
"""The key of the runs: found in no file and in no output."""
RECORD = "RECONCILER_SANDBOX_RECORD"
THREADS = 24
PATIENCE = 20.0
"""Seconds for the requests of a dead process to come to their end."""


class Trapped:
    """The sandbox as a WSGI callable that counts the requests of the runs, and springs traps at some of them."""

    def __init__(self, app: Sandbox) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._count = self._busy = 0
        self._traps: list[tuple[int, Trap]] = []
        self._later_by = 0.0
        now = moments.now
        moments.now = lambda: now() + timedelta(seconds=self._later_by)
        vars(exchange)["http_date"] = lambda: http_date(moments.now())

    def __call__(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        """Answer a request, those of the torture itself included."""
        path = environ["PATH_INFO"]
        if path.startswith("/_torture/"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            answer = json.dumps(getattr(self, f"_{path.rpartition('/')[2]}")(json.loads(body or b"{}"))).encode()
            start_response("200 OK", [("Content-Length", str(len(answer))), ("Content-Type", "application/json")])
            yield answer
        elif environ.get("HTTP_AUTHORIZATION", "").endswith(CANARY):
            yield from self._counted(environ, start_response)
        else:
            yield from self._app(environ, start_response)

    def _counted(self, environ: Any, start_response: Any) -> Iterator[bytes]:
        with self._lock:
            self._count += 1
            self._busy += 1
            mine = [(pid, trap) for pid, trap in self._traps if trap.at == self._count]
        try:
            spring(mine, "before")
            if spring(mine, "unheard"):
                raise ConnectionDropped("nobody heard it")
            pieces = self._app(environ, start_response)
            spring(mine, "unanswered")
            yield from pieces
        finally:
            with self._lock:
                self._busy -= 1
            late = [(pid, trap) for pid, trap in mine if trap.moment == "answered"]
            if late:
                threading.Timer(late[0][1].pause, spring, (late, "answered")).start()

    def _trap(self, asked: Json) -> Json:
        """Count from here, and set traps: `{"set": [[pid, at, moment, signals, pause]]}`."""
        with self._lock:
            self._count = 0
            self._traps = set_by(asked["set"])
        return {}

    def _idle(self, _asked: Json) -> Json:
        """Wait until no request of a run is under way; a dead process's may be."""
        end = time.monotonic() + PATIENCE
        while self._busy and time.monotonic() < end:
            time.sleep(0.05)
        return {"seen": self._count, "busy": self._busy}

    def _made(self, _asked: Json) -> Json:
        """Tell what each idempotency key made last."""
        with self._app.store.reading() as transaction:
            return {"made": [list(row) for row in transaction.query("SELECT kind, key, id FROM idempotency")]}

    def _later(self, asked: Json) -> Json:
        """Let time pass for the account, and for nobody else."""
        self._later_by += asked["seconds"]
        return {}

    def _members(self, asked: Json) -> Json:
        """Tell who was let into an incident: no list of the API does."""
        with self._app.store.reading() as transaction:
            (incident,) = rows(transaction, "id = ?", asked["id"])
        return {"members": [user for user, one in incident.body.get("members", {}).items() if one["is_granted"]]}

    def _private(self, asked: Json) -> Json:
        """Make an incident private, as people can in Slack and no request of the API can."""
        with self._app.store.writing() as transaction:
            (incident,) = rows(transaction, "id = ?", asked["id"])
            save(transaction, replace(incident, visibility="private"))
        return {}


@dataclass(slots=True)
class Account:
    """What a run, its people and its checks ask of the sandbox."""

    behaviour: Behaviour
    sees_private: bool = True
    url: str = ""
    _pid: int = 0
    _client: httpx.Client | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Serve it in a process of its own."""
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(self.behaviour, reading, lambda url: os.write(writing, f"{url}\n".encode()), self.sees_private)
        with os.fdopen(reading) as told:
            os.close(writing)
            self.url = told.readline().strip()
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._client:
            self._client.close()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def ask(self, method: str, path: str, body: Json | None = None, *, person: str = "") -> tuple[int, Any]:
        """Send one request, as the owner of the sandbox or as a person in Slack; return status and body."""
        assert self._client
        headers = {"Authorization": "Bearer sandbox"} | ({"X-Sandbox-Actor": person} if person else {})
        answer = self._client.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """Read something that is there."""
        status, body = self.ask("GET", path)
        assert status < 300, (path, status, body)
        return body

    def order(self, name: str, **body: Any) -> Any:
        """Ask something of the torture's own part of the server."""
        return self.ask("POST", f"/_torture/{name}", body)[1]

    def log(self) -> list[Json]:
        """Return every request that was made, oldest first."""
        entries: list[Json] = []
        after = "0"
        while after:
            page = self.get(f"/_sandbox/requests?page_size=1000&after={after}")
            entries += page["requests"]
            after = page["pagination_meta"].get("after", "")
        return entries

    def listed(self, path: str, name: str) -> list[Json]:
        """Return a whole list of the account."""
        found: list[Json] = []
        after = ""
        while True:
            mark = "&" if "?" in path else "?"
            page = self.get(f"{path}{mark}page_size=250{f'&after={after}' if after else ''}")
            found += page[name]
            after = page.get("pagination_meta", {}).get("after", "")
            if not after:
                return found

    def incidents(self) -> list[Json]:
        """Return every incident, oldest first."""
        modes = "&".join(f"mode[one_of]={mode}" for mode in ("standard", "retrospective", "test", "tutorial"))
        return sorted(self.listed(f"/v2/incidents?{modes}", "incidents"), key=lambda one: one["created_at"])


def _serve(behaviour: Behaviour, reading: int, started: Callable[[str], object], sees_private: bool) -> NoReturn:
    """Be the server: never return."""
    try:
        os.close(reading)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with(os.getppid())
        record = os.environ.get(RECORD)
        roles = [role for role in SCOPES if sees_private or role != "global_access"]
        app = create_app(
            behaviour=behaviour,
            rates=Rates(1_000_000, lower={}),
            keys={CANARY: roles},
            record=Path(record) if record else None,
        )
        known = app._api._keys._keys
        # The sandbox numbers its keys; what is judged goes by whose they are.
        known[CANARY] = replace(known[CANARY], name="the runs")
        server = Server(Trapped(app), threads=THREADS)  # type: ignore[arg-type]
        started(server.url)
        server.run()
    finally:
        os._exit(1)


def die_with(parent: int) -> None:
    """Let a server end when the process that it was forked from is killed."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(30)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
