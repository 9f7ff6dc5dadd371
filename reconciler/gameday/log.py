"""A run's own place beside the workspace's state: its state, its lock and its journal; on a disk or in a bucket."""

from __future__ import annotations

import errno
import os
import re
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.errors import Exit, LeaseLost, Misused, Refused
from reconciler.gameday.events import Begun, events_of, line_of
from reconciler.gameday.story import Story, after, story_of
from reconciler.kinds.incident import CHILD_ID
from reconciler.paths import beside
from reconciler.state import disk
from reconciler.state.disk import explained
from reconciler.state.held import HeldStore
from reconciler.workspace import RUNS_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.gameday.events import Event
    from reconciler.state import Store
    from reconciler.state.objects import Objects, Version
    from reconciler.workspace import Workspace

RUN_ID = str(CHILD_ID["pattern"])
"""What a run may be called: it is part of every key."""
FILE = "run.jsonl"
SYNC_EVERY = 1.0
UPLOAD_EVERY = 2.0
"""Seconds."""
WAY_ON = "make room or give the right to write there, then `reconciler gameday cleanup {run}` closes what it declared"


def workspace_of(workspace: Workspace, run_id: str) -> Workspace:
    """Return the workspace as a run sees it: with a state of its own, and adopting nothing.

    `connected(workspace_of(…), access, read_only=False)` gives a session whose store is the run's. Raises `Misused`
    for what is no run ID.
    """
    if not re.fullmatch(RUN_ID, run_id):
        hint = "1 to 63 of a-z, 0-9, - and ., with a letter or a digit at both ends"
        raise Misused(f"--run-id {run_id}: that is no run ID", hint)
    return replace(workspace, run=run_id, adopts=False, on_drift=None)


def runs(workspace: Workspace) -> list[str]:
    """Return the IDs of the runs of a workspace (not of a run), those begun last first; takes no lock."""
    begun = ((peek(workspace, run_id).begun, run_id) for run_id in _names(workspace))
    # A host that died in its very first line began nothing.
    return [run_id for _, run_id in sorted(((one.time, run_id) for one, run_id in begun if one), reverse=True)]


def read(workspace: Workspace, run_id: str) -> Story:
    """Return how a run stands, for whoever looks on; takes no lock. Raises `Misused` where there is no such run."""
    story = peek(workspace, run_id)
    if story.begun is None:
        raise Misused(f"there is no run `{run_id}`", "`reconciler gameday list` shows those that there are")
    return story


def peek(workspace: Workspace, run_id: str) -> Story:
    """Return how a run stands as far as its journal is there; takes no lock."""
    own = workspace_of(replace(workspace, run=""), run_id)
    return story_of(events_of(_Place.of(own).text()))


def _names(workspace: Workspace) -> list[str]:
    """Return the IDs of all runs, in no order."""
    if (address := workspace.remote_state) is not None:
        from reconciler.state.objects import Objects  # noqa: PLC0415  (most states are files)

        head, tail = address.beside("gameday-\n").path.split("\n")
        ends = f"{tail}.{FILE}"
        found = Objects(address, workspace.environ).names(head)
        return [name[len(head) : -len(ends)] for name in found if name.endswith(ends)]
    folder = beside(workspace.state, RUNS_FOLDER)
    return [path.parent.name for path in folder.glob(f"*/{FILE}") if path.stat().st_size]


class _Place:
    """Where the journal of a run lies: a file, and for a remote state an object as well."""

    def __init__(self, path: Path, name: str, objects: Objects | None) -> None:
        self.path, self.name, self.objects = path, name, objects
        self.version: Version | None = None

    @classmethod
    def of(cls, own: Workspace) -> _Place:
        path, address = own.state.parent / FILE, own.remote_state
        if address is None:
            return cls(path, str(path), None)
        from reconciler.state.objects import Objects  # noqa: PLC0415  (see above)

        return cls(path, f"{address.path}.{FILE}", Objects(address, own.environ))

    def text(self) -> bytes:
        """Return the journal: what everybody sees, as far as this machine does not know it further."""
        here = disk.read(self.path) or b""
        if self.objects is None:
            return here
        found = self.objects.get(self.name)
        self.version = found.version if found else None
        there = found.text if found else b""
        return here if here.startswith(there) else there

    def upload(self, text: bytes) -> None:
        """Let everybody see it; raises `Overtaken` where somebody else has written, and `StoreFailed`."""
        if self.objects is not None:
            self.version = self.objects.put(self.name, text, self.version)


class RunLog:
    """The open journal of a run, and how the run stands after it."""

    def __init__(self, place: _Place, store: Store, run_id: str) -> None:
        self._place, self.store, self._run_id = place, store, run_id
        text = place.text()
        with explained(place.path):
            if text != (disk.read(place.path) or b""):
                disk.replace(place.path, text)
            self._file = os.open(place.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            if text and not text.endswith(b"\n"):
                # A line that a run died in must not be torn together with the next one.
                os.write(self._file, b"\n")
        self._story = story_of(events_of(text))
        self._synced = time.monotonic()
        self._uploaded = -1
        self._ending = threading.Event()
        self._uploading = threading.Lock()
        self._uploads: threading.Thread | None = None

    @property
    def story(self) -> Story:
        """Return how the run stands."""
        return self._story

    def append(self, event: Event) -> Story:
        """Note what happened; raises `Refused` where disk or bucket do not take it, `LeaseLost` without the lock."""
        self.store.require_lock()
        try:
            self._write(line_of(event))
            self._sync(at_once=isinstance(event, Begun))
        except OSError as error:
            told = f"{self._place.path}: {error.strerror or error}, so what happens cannot be noted"
            refused = Refused(told, WAY_ON.format(run=self._run_id))
            raise (_after_writes(refused) if self._story.begun else refused) from error
        self._story = after(self._story, event)
        return self._story

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) != len(line):
            # A torn line must not swallow the next one.
            os.write(self._file, b"\n")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _sync(self, *, at_once: bool) -> None:
        if at_once or time.monotonic() - self._synced >= SYNC_EVERY:
            os.fsync(self._file)
            self._synced = time.monotonic()
        if at_once:
            self._upload()

    def begin(self) -> None:
        """Let everybody see the journal from now on, as far as there is anywhere to see it."""
        if self._place.objects is not None:
            self._uploads = threading.Thread(target=self._go_on_uploading, name="run-journal", daemon=True)
            self._uploads.start()

    def close(self) -> None:
        """Bring everything to where it stays, and let go of the file."""
        self._ending.set()
        if self._uploads:
            self._uploads.join()
        with suppress(OSError):
            os.fsync(self._file)
        self._upload()
        os.close(self._file)

    def _go_on_uploading(self) -> None:
        while not self._ending.wait(UPLOAD_EVERY):
            self._upload()

    def _upload(self) -> None:
        """Put the journal where everybody sees it, if there is more of it; it is on this machine in any case."""
        if self._place.objects is None:
            return
        from reconciler.state.objects import Overtaken  # noqa: PLC0415  (see above)

        with self._uploading, suppress(Overtaken, Refused, LeaseLost, OSError):
            self.store.require_lock()
            text = self._place.path.read_bytes()
            if len(text) != self._uploaded:
                self._place.upload(text)
                self._uploaded = len(text)


@contextmanager
def opened(workspace: Workspace, run_id: str, store: Store) -> Iterator[RunLog]:
    """Give the journal of a run, with its lock held for as long as this lasts.

    `workspace` is the one that has the runs, or that of `workspace_of`, whose store `store` is. Raises `Refused` with
    who hosts it where somebody does.
    """
    own = workspace_of(replace(workspace, run=""), run_id)
    held = HeldStore(store)
    is_played = False
    try:
        with _locked(held, run_id):
            log = RunLog(_Place.of(own), held, run_id)
            try:
                log.begin()
                yield log
            finally:
                log.close()
            is_played = True
    except Refused as error:
        raise (_after_writes(error) if is_played else error) from None


def _after_writes(error: Refused) -> Refused:
    """Return a refusal that came when things had been done already, and so is none of them."""
    error.exit_code = Exit.NOT_ALL_DONE
    return error


@contextmanager
def _locked(store: Store, run_id: str) -> Iterator[None]:
    """Hold the lock; what keeps it is told as what it is: another host."""
    with ExitStack() as stack:
        try:
            stack.enter_context(store.locked())
        except Refused as error:
            claim = store.claim()
            if claim is None:
                raise
            hint = f"`reconciler gameday status {run_id}` shows how it stands; another run takes another --run-id"
            raise Refused(f"run `{run_id}` is hosted already: {claim.told}", hint) from error
        yield
