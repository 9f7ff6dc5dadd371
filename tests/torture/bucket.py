"""S3 for the runs of one worker: moto on a port, in a process of its own, which strikes at a request's number."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, Self

import httpx

from tests.torture.account import die_with

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.torture.traps import Trap

Json = dict[str, Any]

NAME = "torture"
SECRET = "canary-secret-81b0c6d2"
"""The key of the bucket: found in no file and in no output."""
NEEDED = ("obstore", "moto")
OWNER = "AWS torture"
"""What the torture's own requests are sent with: they are not counted, and always answered."""
ORDERS = "/_torture/"


def missing() -> list[str]:
    """Return what has to be installed before a state can be kept here."""
    return [name for name in NEEDED if find_spec(name) is None]


@dataclass(frozen=True, slots=True)
class Outage:
    """That the store fails from its request of a number on, until it is told to be back.

    `way` is `refusing` (503), `silent` (each connection is dropped), `losing` (what is written is written, and the
    answer lost) or `flaky` (one of two requests is refused or dropped, by `seed`).
    """

    at: int
    way: str
    seed: int = 0

    def __str__(self) -> str:
        """Return it as the story tells it."""
        return f"the store is {self.way} from its request {self.at} on"


def _serve(reading: int, started: Callable[[str], object]) -> NoReturn:
    """Be the server: never return."""
    try:
        os.close(reading)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        die_with(os.getppid())
        from tests.torture.failing import Failing  # noqa: PLC0415  (moto takes a second, and another process)

        server = Failing()
        server.up()
        server.ask("PUT", NAME)
        started(server.url)
        signal.pause()
    finally:
        os._exit(1)


@dataclass(slots=True)
class Bucket:
    """The bucket of a worker's runs; it is there from the first run that asks for it on."""

    url: str = ""
    _pid: int = 0
    _client: httpx.Client | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Do nothing yet: many runs keep their state in a file."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "torture",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def open(self) -> None:
        """Serve it, if nobody has asked for it yet."""
        if self._pid:
            return
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(reading, lambda url: os.write(writing, f"{url}\n".encode()))
        with os.fdopen(reading) as told:
            os.close(writing)
            self.url = told.readline().strip()
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=60, headers={"Authorization": OWNER})

    def names(self, prefix: str) -> list[str]:
        """Return the names of all objects that begin like this."""
        listed = self._ask("GET", f"/{NAME}?list-type=2&prefix={prefix}")
        return re.findall(r"<Key>(.*?)</Key>", listed.text)

    def text(self, name: str) -> str:
        """Return an object; nothing where there is none."""
        found = self._ask("GET", f"/{NAME}/{name}")
        return "" if found.status_code == httpx.codes.NOT_FOUND else found.raise_for_status().text

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        self._ask("DELETE", f"/{NAME}/{name}")

    def expect(self, traps: Sequence[tuple[int, Trap]], outage: Outage | None) -> None:
        """Count requests from here, and let these strike."""
        told = [[pid, trap.at, trap.moment, trap.signals, trap.pause] for pid, trap in traps]
        away = [outage.at, outage.way, outage.seed] if outage else None
        self._ask("POST", f"{ORDERS}expect", {"traps": told, "outage": away})

    def back(self) -> int:
        """Be there again for everybody; return how many writes runs asked for since `expect`."""
        return int(self._ask("POST", f"{ORDERS}back", {}).json()["writes"])

    def _ask(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        assert self._client
        return self._client.request(method, path, json=body)
