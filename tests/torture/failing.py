"""Moto as the torture wants it: it counts the requests of runs, springs traps, and is away from one of them on."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.remote.stores import Moto
from tests.torture.bucket import ORDERS, OWNER, Outage
from tests.torture.traps import Trap, set_by, spring

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

UNAVAILABLE = 503


@dataclass
class Failing(Moto):
    """S3 that fails, and makes processes fail, when it was told to."""

    count: int = 0
    writes: int = 0
    traps: list[tuple[int, Trap]] = field(default_factory=list)
    outage: Outage | None = None
    chance: random.Random = field(default_factory=random.Random)

    def _answer(self, environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"].startswith(ORDERS):
            return self._obey(environ, start)
        if environ.get("HTTP_AUTHORIZATION") == OWNER:
            self.failing = self.losing = 0
            return super()._answer(environ, start)
        return self._counted(environ, start)

    def _obey(self, environ: Any, start: Any) -> list[bytes]:
        order = environ["PATH_INFO"].removeprefix(ORDERS)
        asked = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        told = {"writes": self.writes}
        self.count = self.writes = 0
        self.traps, self.outage = [], None
        if order == "expect":
            self.traps = set_by(asked["traps"])
            self.outage = Outage(*asked["outage"]) if asked["outage"] else None
            self.chance = random.Random(self.outage.seed if self.outage else 0)
        text = json.dumps(told).encode()
        start("200 OK", [("Content-Length", str(len(text))), ("Content-Type", "application/json")])
        return [text]

    def _counted(self, environ: Any, start: Any) -> Iterable[bytes]:
        """Answer a request of a run, or do what it was told to do at this number."""
        self.count += 1
        self.writes += environ["REQUEST_METHOD"] != "GET"
        mine = [(pid, trap) for pid, trap in self.traps if trap.at == self.count]
        spring(mine, "before")
        self._fail(environ, is_unheard=spring(mine, "unheard"))
        answer = list(super()._answer(environ, start))
        spring(mine, "unanswered")
        late = [(pid, trap) for pid, trap in mine if trap.moment == "answered"]
        if late:
            threading.Timer(late[0][1].pause, spring, (late, "answered")).start()
        return answer

    def _fail(self, environ: Any, *, is_unheard: bool) -> None:
        """Set what becomes of a request; raises `ConnectionError` where nobody is to hear of it."""
        is_away = self.outage is not None and self.count >= self.outage.at
        way = self.outage.way if self.outage and is_away else ""
        if way == "flaky":
            way = self.chance.choice(["", "", "refusing", "silent"])
        self.failing = UNAVAILABLE if way == "refusing" else 0
        self.losing = int(way == "losing")
        if way == "silent" or is_unheard:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            raise ConnectionError
