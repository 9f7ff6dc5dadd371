"""Exchanges with sandboxes in, the breaches among them out: those of this process at once, those of others at the end.

Whatever calls a sandbox in this process is watched; processes that tests start record their exchanges in a file.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest import mock

from reconciler.sandbox import Sandbox
from reconciler.sandbox.recording import observe
from tests.contract.check import find_breaches
from tests.contract.document import PATH
from tests.contract.recorded import read_exchanges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from reconciler.sandbox.recording import Exchange, Note

VARIABLE = "RECONCILER_SANDBOX_RECORD"
MOST = 20
"""How many breaches are kept until somebody takes them: one is enough to fail."""


class Watch:
    """Checks exchanges, and keeps what is wrong with them; safe for threads."""

    def __init__(self) -> None:
        self.checked = 0
        self._found: list[str] = []
        self._lock = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Check one exchange."""
        breaches = [str(breach) for breach in find_breaches(exchange)]
        with self._lock:
            self.checked += 1
            self._found += breaches[: MOST - len(self._found)]

    def take(self) -> list[str]:
        """Return the breaches since the last time, each once."""
        with self._lock:
            taken, self._found = self._found, []
        return list(dict.fromkeys(taken))


def observing(note: Note) -> Any:
    """Return what lets `note` know of every exchange with a sandbox of this process; a context, or to be started."""
    answer = Sandbox.__call__

    def answer_observed(app: Sandbox, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return observe(lambda *call: answer(app, *call), note, environ, start_response)

    return mock.patch.object(Sandbox, "__call__", answer_observed)


@contextmanager
def watching(watch: Watch) -> Iterator[Path]:
    """Watch every sandbox of this process, and have the processes that it starts record theirs in the file given."""
    with TemporaryDirectory(prefix="contract-") as folder:
        record = Path(folder, "exchanges.jsonl")
        with observing(watch.note), mock.patch.dict(os.environ, {VARIABLE: str(record)}):
            yield record


def check_recorded(watch: Watch, record: Path) -> None:
    """Check what other processes recorded."""
    for exchange in read_exchanges(record):
        watch.note(exchange)


def is_possible() -> bool:
    """Tell whether the document is there to be checked against."""
    return PATH.exists()
