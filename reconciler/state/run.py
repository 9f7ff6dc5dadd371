"""A run that holds the lease of a remote state: it keeps that, and puts its journal beside the state, until it ends."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import LeaseLost, Refused
from reconciler.state import disk
from reconciler.state.lease import pause_of
from reconciler.state.objects import Overtaken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.state.base import Base
    from reconciler.state.lease import Lease
    from reconciler.state.objects import Objects

UPLOAD_EVERY = 2.0
"""Seconds between two uploads of the journal; more where one takes long."""
UPLOAD_SHARE = 10
"""How many times as long as an upload took nothing is uploaded after it."""


@dataclass(slots=True)
class Run:
    """What a run has of its own: the lease, what it read, and its journal on this machine."""

    objects: Objects
    journal_name: str
    lease: Lease
    base: Base | None = None
    journal: Path | None = None
    uploaded: int = 0
    """How many bytes of the journal stand beside the state."""
    taken_up: set[Path] = field(default_factory=set)
    """Files of this machine that were read as part of the state."""
    uploading: threading.Lock = field(default_factory=threading.Lock)
    _ending: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def kept_up(self) -> Iterator[None]:
        """Renew the lease and upload the journal while this lasts."""
        threads = [
            threading.Thread(target=self._keep_renewing, name="lease", daemon=True),
            threading.Thread(target=self._keep_uploading, name="journal", daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ending.set()
            for thread in threads:
                thread.join()

    def upload(self) -> None:
        """Put the journal beside the state, if there is more of it; never raises: it is on this machine as well."""
        with self.uploading:
            base, path = self.base, self.journal
            if base is None or path is None:
                return
            try:
                self.lease.require()
                text = disk.read(path) or b""
                if len(text) > self.uploaded:
                    version = self.objects.put(self.journal_name, text, base.journal, patience=0)
                    self.base, self.uploaded = replace(base, journal=version), len(text)
            except (Overtaken, Refused, LeaseLost):
                return

    def _keep_renewing(self) -> None:
        """Renew the lease again and again until the end."""
        while not self._ending.wait(pause_of(self.lease.seconds)):
            self.lease.renew()

    def _keep_uploading(self) -> None:
        """Upload the journal again and again until the end; where that takes long, less often."""
        pause = UPLOAD_EVERY
        while not self._ending.wait(pause):
            begun = time.monotonic()
            self.upload()
            pause = max(UPLOAD_EVERY, (time.monotonic() - begun) * UPLOAD_SHARE)
