"""A state in a store of objects, its journal and its lease beside it; what is being noted lies on this machine first.

The state names the run that wrote it. A journal names the state that it rests on, and counts for that one alone: so
there is never a second opinion. The first thing that a run does with the lease is to put its own journal in the
place of the last one's; whoever lost the lease cannot write there any more.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import LeaseLost, Refused
from reconciler.paths import shown
from reconciler.state import disk, leftovers
from reconciler.state.base import Base, Reader
from reconciler.state.disk import explained
from reconciler.state.format import text_of
from reconciler.state.journal import Journal
from reconciler.state.lease import Lease, claim_of, pause_of
from reconciler.state.leftovers import Basis, Noted, Rescue, lines_of
from reconciler.state.memory import Memory, replay
from reconciler.state.objects import Overtaken, StoreFailed
from reconciler.state.record import UNREADABLE
from reconciler.state.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reconciler.state.address import Address
    from reconciler.state.holder import Claim
    from reconciler.state.objects import Found, Objects
    from reconciler.state.record import Account

SPOILED = "`reconciler state rebuild` finds what it told again in the account, and keeps a copy of it on this machine"
TRIES = 3
"""How many times a lock is tried to be removed whose holder renews it just then."""
LAST_PATIENCE = 0.5
"""The part of a lease's time for which the state is tried to be written at the end, whatever the store says."""


@dataclass(slots=True)
class RemoteStore:
    """A state in a bucket; `folder` is on this machine, and this state's alone."""

    objects: Objects
    address: Address
    folder: Path
    workspace: str
    lease_seconds: float
    lock_timeout: float = 0.0
    wait: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = lambda _: None
    former: Path | None = None
    """Where the state lay before it was shared, if ever it did."""
    _run: Run | None = field(default=None, init=False)
    _reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        """Read with what this was made of."""
        self._reader = Reader(self.objects, self.address, self.folder, self.workspace, self.tell, self.former)

    def read(self) -> Memory:
        """Return what is remembered: the state, and what runs that did not end noted beyond it."""
        try:
            return self._read()
        except Refused as error:
            if error.hint == UNREADABLE and str(error).startswith(str(self.address)):
                raise Refused(str(error), SPOILED) from None
            raise

    def salvage(self) -> Memory:
        """Return what is remembered, without the objects that cannot be read; `save` then writes over those."""
        try:
            return self.read()
        except Refused as error:
            if error.hint != SPOILED:
                raise
        base = self._reader.salvage()
        if self._run:
            self._run.base = base
        return self._reader.memory(base)

    def texts(self) -> Mapping[str, bytes | None]:
        """Return what lies there as it is: the state and its journal."""
        return self._reader.texts()

    def _read(self) -> Memory:
        run = self._run
        base = run.base if run and run.base else self._reader.fetch()
        if run:
            run.base = base
            run.taken_up |= {path.resolve() for path in base.leftovers}
            if base.is_aside:
                self.save(replay(base.state, base.lines, str(self.address)), base.state.account)
                return self._read()
        if run and run.journal:
            noted = Noted.of(disk.read(run.journal) or b"", str(run.journal))
            return replay(base.state, noted.text if noted else base.lines, str(run.journal))
        return self._reader.memory(base)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out, by a lease that is renewed until the end."""
        if self._run:
            yield
            return
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        lease = Lease(self.objects, self.address.lock_name, self.lease_seconds, str(self.address))
        lease.take(self.lock_timeout, self.wait, self.tell)
        run = self._run = Run(self.objects, self.address.journal_name, lease)
        try:
            with run.kept_up():
                yield
        finally:
            self._run = None
            lease.release()

    def open_journal(self) -> Journal:
        """Return the journal of this run; it begins with what stands in those that it takes the place of."""
        run = self._held()
        if run.journal is None:
            self.read()
            base = self._base(run)
            path = self.folder / f"{leftovers.JOURNAL}{run.lease.token}"
            text = Noted.head(run.lease.token, base.basis, self.workspace) + base.lines
            with explained(path):
                disk.replace(path, text)
            try:
                version = self.objects.put(self.address.journal_name, text, base.journal)
            except Overtaken:
                path.unlink(missing_ok=True)
                told = f"{self.address}: its journal was written or removed since this plan was made"
                raise Refused(told, "run the same command again") from None
            run.base, run.journal, run.uploaded = replace(base, journal=version), path, len(text)
        with explained(run.journal):
            return Journal(run.journal)

    def save(self, memory: Memory, account: Account) -> None:
        """Write the state over the one that was read, and end the journal.

        Raises `Refused` where that cannot be done; what was to be written is put aside in a file then.
        """
        run = self._held()
        base = self._base(run)
        serial, token = base.basis.serial + 1, run.lease.token
        state = replace(memory.state, workspace=self.workspace, account=account, serial=serial)
        pending = [intent.to_json() for intent in memory.pending.values()]
        text = text_of(state.to_json() | {"run": token, "basis": base.basis.to_json(), "pending": pending})
        if base.is_salvaged:
            self.open_journal().close()  # in the place of one that may be rubbish as well
        run.upload()
        with run.uploading:
            base = self._base(run)
            patience = self.lease_seconds * LAST_PATIENCE
            try:
                self._hold_on(run.lease, patience)
                version = self.objects.put(self.address.path, text, base.version, patience=patience)
            except (Overtaken, StoreFailed) as error:
                raise self._put_aside(text, base, error) from None
            run.base = Base(state, version, Basis(serial, token), lines_of(pending), base.journal)
            self._clear(run, base)
            self._empty_journal(run, base)

    def require_lock(self) -> None:
        """Raise `LeaseLost` where the lease is not held any more: nothing may be sent then."""
        if self._run:
            self._run.lease.require()

    def claim(self) -> Claim | None:
        """Return who holds the lease; None where nobody does."""
        found = self.objects.get(self.address.lock_name)
        return claim_of(found.text) if found else None

    def unlock(self, claim: Claim) -> bool:
        """Remove a lease that is still held by the same run; tell whether it was. A beat of its heart is no matter.

        It is held by this one until its holder, if it is alive, has noticed.
        """
        pause = 2 * pause_of(claim.seconds)
        lease = Lease(self.objects, self.address.lock_name, max(self.lease_seconds, 2 * pause), str(self.address))
        for _ in range(TRIES):
            found = self.objects.get(self.address.lock_name)
            if found is None or claim_of(found.text) != claim:
                return False
            with contextlib.suppress(Overtaken):
                lease.seize(found.version)
                break
        else:
            return False
        try:
            self.wait(pause)
        finally:
            lease.release()
        return True

    def recover(self, rescue: Rescue, *, force: bool) -> None:
        """Write the state that a run put aside, as far as it is not remembered; only while `locked`.

        Raises `Refused` where it is another workspace's or organisation's, and where others have written since; with
        `force`, what the state knows nothing of is added to
        it, and all else left.
        """
        run = self._held()
        memory = self.read()
        base = self._base(run)
        if rescue.path.resolve() in run.taken_up:
            return
        rescue.require_fit(base.state, self.workspace, str(self.address))
        if base.is_known_to(rescue):
            self.save(rescue.memory, rescue.memory.state.account)
        elif force:
            lines = base.lines + leftovers.additions(memory, rescue.memory)
            self.save(replay(base.state, lines, str(rescue.path)), base.state.account)
        else:
            serial = base.basis.serial
            told = f"rests on serial {rescue.basis.serial}, and the state is at {serial} since"
            if not rescue.run:
                told = f"{self.address} holds a state already, at serial {serial}"
            raise Refused(
                f"{rescue.path}: {told}",
                "`reconciler apply` finds in the account what the state does not know; `reconciler state recover "
                f"{shown(str(rescue.path))} --force` adds it from the file, and leaves the rest as it is",
            )

    def _held(self) -> Run:
        assert self._run is not None, "only within locked()"
        return self._run

    def _base(self, run: Run) -> Base:
        if run.base is None:
            self.read()
        assert run.base is not None
        return run.base

    def _hold_on(self, lease: Lease, patience: float) -> None:
        """Make sure that nobody else writes: a lease that ran out is taken back, if it is still there to be taken."""
        try:
            lease.require()
        except LeaseLost:
            lease.reclaim(patience)

    def _put_aside(self, text: bytes, base: Base, error: Exception) -> Refused:
        """Keep a state that could not be put in its place in a file, and return the words that say so."""
        run = self._held()
        path = self.folder / f"{leftovers.RESCUE}{run.lease.token}.json"
        reason, is_behind = self._why_aside(base, error)
        try:
            disk.replace(path, text)
        except OSError as problem:
            kept = run.journal or self.folder
            return Refused(f"{reason}, nor could a file: {problem.strerror or problem}", f"keep {kept}: it has all")
        if run.journal:
            run.journal.unlink(missing_ok=True)
        run.base, run.journal = base, None
        file = shown(str(path))
        does, flag = ("adds what that does not know", " --force") if is_behind else ("takes it up by itself", "")
        return Refused(
            f"{reason}; what this run did is kept in {file}",
            f"the next run in this folder {does}; elsewhere: `reconciler state recover {file}{flag}`",
        )

    def _why_aside(self, base: Base, error: Exception) -> tuple[str, bool]:
        """Return why a state could not be put in its place, and whether another stands there by now."""
        if isinstance(error, StoreFailed):
            return f"{error}, so the state could not be written", False
        try:
            found = self.objects.get(self.address.path)
            lock = self.objects.get(self.address.lock_name)
        except StoreFailed as failed:
            return f"{failed}, so the state could not be written", False
        if found is None and base.version:
            return f"{self.address}: it was removed while this run lasted, so the state is not written", False
        if found and found.version != base.version:
            return f"{self.address}: {_written_by(found, base)} since, and the state is not written over it", True
        return f"{self.address}: {_lost_to(lock)}, so the state is not written", False

    def _empty_journal(self, run: Run, before: Base) -> None:
        """Leave no more of the journal in the bucket than its head: the state has by now what it told.

        It rests on the state of before, so it counts no more than what stood there did. Where that cannot be done it
        does no harm; what then stands there is read anew.
        """
        if before.journal is None or run.base is None:
            return
        head = Noted.head(run.lease.token, before.basis, self.workspace)
        try:
            version = self.objects.put(self.address.journal_name, head, before.journal, patience=0)
        except (Overtaken, StoreFailed):
            run.base = None
        else:
            run.base = replace(run.base, journal=version)

    def _clear(self, run: Run, base: Base) -> None:
        """Remove what the state has by now; what cannot be removed rests on an older state, and is passed over."""
        with contextlib.suppress(OSError):
            for path in (*base.leftovers, *([run.journal] if run.journal else [])):
                path.unlink(missing_ok=True)
        run.journal, run.uploaded = None, 0


def _written_by(found: Found, base: Base) -> str:
    """Return who wrote the state that stands there, as far as it says."""
    try:
        run = str(json.loads(found.text)["run"])
    except (ValueError, TypeError, KeyError):
        run = ""
    return f"run {run} has written" if run and run != base.basis.run else "somebody has written"


def _lost_to(lock: Found | None) -> str:
    """Return what became of a lock that is not held any more."""
    if lock is None:
        return "the lock was removed"
    claim = claim_of(lock.text)
    return f"the lock is held by {claim.told}" if claim else "the lock was taken from this run"
