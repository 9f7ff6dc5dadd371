"""A state in a store of objects, its journal and its lease beside it; what is being noted lies on this machine first.

The state names the run that wrote it. A journal names the state that it rests on, and counts for that one alone: so
there is never a second opinion. The first thing that a run does with the lease is to put its own journal in the
place of the last one's; whoever lost the lease cannot write there any more.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import LeaseLost, Refused
from reconciler.paths import shown
from reconciler.state import disk, leftovers
from reconciler.state.disk import explained
from reconciler.state.format import state_of, text_of, value_of
from reconciler.state.journal import Journal
from reconciler.state.journal import text_of as journal_of
from reconciler.state.lease import Lease, claim_of, pause_of
from reconciler.state.leftovers import Basis, Noted, Rescue, lines_of
from reconciler.state.memory import Memory, replay
from reconciler.state.objects import Overtaken, StoreFailed, Version
from reconciler.state.record import UNREADABLE, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from reconciler.state.address import Address
    from reconciler.state.holder import Claim
    from reconciler.state.objects import Objects
    from reconciler.state.record import Account

UPLOAD_EVERY = 2.0
"""Seconds between two uploads of the journal; more where one takes long."""
UPLOAD_SHARE = 10
"""How many times as long as an upload took nothing is uploaded after it."""
SPOILED = "`reconciler state rebuild` finds what it told again in the account, and keeps a copy of it on this machine"
TRIES = 3
"""How many times a lock is tried to be removed whose holder renews it just then."""
LAST_PATIENCE = 0.5
"""The part of a lease's time for which the state is tried to be written at the end, whatever the store says."""


@dataclass(frozen=True, slots=True)
class Base:
    """What was read: the state, who wrote it, and the journal lines that stand beyond it."""

    state: State
    version: Version | None
    basis: Basis
    lines: bytes
    journal: Version | None
    leftovers: tuple[Path, ...] = ()
    """Files of this machine that are part of it, and of no use once it is saved."""
    is_aside: bool = False
    """Whether the state is one that a run had put aside, and is not in its place yet."""
    is_salvaged: bool = False
    """Whether objects lie there that cannot be read."""


@dataclass(slots=True)
class _Run:
    """What a run that holds the lease has of its own."""

    lease: Lease
    base: Base | None = None
    journal: Path | None = None
    uploaded: int = 0
    """How many bytes of the journal stand beside the state."""
    taken_up: set[Path] = field(default_factory=set)
    ending: threading.Event = field(default_factory=threading.Event)


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
    _run: _Run | None = field(default=None, init=False)
    _told: set[str] = field(default_factory=set, init=False)
    _uploading: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def lock_name(self) -> str:
        """Return the name of the lease's object."""
        return f"{self.address.path}.lock"

    @property
    def journal_name(self) -> str:
        """Return the name of the journal's object."""
        return f"{self.address.path}.journal"

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
        base = self._salvaged()
        if self._run:
            self._run.base = base
        return self._memory(base)

    def texts(self) -> Mapping[str, bytes | None]:
        """Return what lies there as it is: the state and its journal."""
        found, noted = self.objects.get(self.address.path), self.objects.get(self.journal_name)
        return {"state.json": found.text if found else None, "journal": noted.text if noted else None}

    def _read(self) -> Memory:
        run = self._run
        base = run.base if run and run.base else self._fetch()
        if run:
            run.base = base
            if base.is_aside:
                self.save(replay(base.state, base.lines, str(self.address)), base.state.account)
                base = run.base
        name = f"{self.address}.journal"
        if run and run.journal:
            noted = Noted.of(disk.read(run.journal) or b"", str(run.journal))
            return replay(base.state, noted.text if noted else base.lines, str(run.journal))
        return replay(base.state, base.lines, name)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other run out, by a lease that is renewed until the end."""
        if self._run:
            yield
            return
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        lease = Lease(self.objects, self.lock_name, self.lease_seconds, str(self.address))
        lease.take(self.lock_timeout, self.wait, self.tell)
        run = self._run = _Run(lease)
        threads = [
            threading.Thread(target=_renewed, args=(run,), name="lease", daemon=True),
            threading.Thread(target=self._uploaded, args=(run,), name="journal", daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            run.ending.set()
            for thread in threads:
                thread.join()
            self._run = None
            lease.release()

    def open_journal(self) -> Journal:
        """Return the journal of this run; it begins with what stands in those that it takes the place of."""
        run = self._held()
        if run.journal is None:
            self.read()
            base = self._base(run)
            path = self.folder / f"{leftovers.JOURNAL}{run.lease.token}"
            text = Noted.head(run.lease.token, base.basis) + base.lines
            with explained(path):
                disk.replace(path, text)
            try:
                version = self.objects.put(self.journal_name, text, base.journal)
            except Overtaken:
                path.unlink(missing_ok=True)
                raise Refused(OVERTAKEN, "run the same command again") from None
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
        self._upload(run)
        with self._uploading:
            base = self._base(run)
            patience = self.lease_seconds * LAST_PATIENCE
            try:
                self._hold_on(run.lease, patience)
                version = self.objects.put(self.address.path, text, base.version, patience=patience)
            except (Overtaken, StoreFailed) as error:
                raise self._put_aside(text, base, error) from None
            run.base = Base(state, version, Basis(serial, token), lines_of(pending), base.journal)
            self._clear(run, base)

    def require_lock(self) -> None:
        """Raise `LeaseLost` where the lease is not held any more: nothing may be sent then."""
        if self._run:
            self._run.lease.require()

    def claim(self) -> Claim | None:
        """Return who holds the lease; None where nobody does."""
        found = self.objects.get(self.lock_name)
        return claim_of(found.text) if found else None

    def unlock(self, claim: Claim) -> bool:
        """Remove a lease that is still held by the same run; tell whether it was. A beat of its heart is no matter.

        It is held by this one until its holder, if it is alive, has noticed.
        """
        pause = 2 * pause_of(claim.seconds)
        lease = Lease(self.objects, self.lock_name, max(self.lease_seconds, 2 * pause), str(self.address))
        for _ in range(TRIES):
            found = self.objects.get(self.lock_name)
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

        Raises `Refused` where others have written since; with `force`, what the state knows nothing of is added to
        it, and all else left.
        """
        run = self._held()
        memory = self.read()
        base = self._base(run)
        if rescue.path.resolve() in run.taken_up:
            return
        if rescue.memory.state.workspace != self.workspace:
            raise Refused(f"{rescue.path}: belongs to workspace `{rescue.memory.state.workspace}`")
        if self._is_next(rescue, base.basis, is_there=base.version is not None) and not base.lines:
            self.save(rescue.memory, rescue.memory.state.account)
        elif force:
            lines = base.lines + leftovers.additions(memory, rescue.memory)
            self.save(replay(base.state, lines, str(rescue.path)), base.state.account)
        else:
            raise Refused(
                f"{rescue.path}: rests on serial {rescue.basis.serial}, and the state is at {base.basis.serial} since",
                "`reconciler apply` finds in the account what the state does not know; `reconciler state recover "
                "FILE --force` adds it from the file, and leaves the rest as it is",
            )

    def _held(self) -> _Run:
        assert self._run is not None, "only within locked()"
        return self._run

    def _base(self, run: _Run) -> Base:
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

    def _fetch(self) -> Base:
        """Read the state and its journal, and what runs that did not end left on this machine."""
        found, noted = self.objects.get(self.address.path), self.objects.get(self.journal_name)
        name = str(self.address)
        value = value_of(found.text, name) if found else {}
        state = state_of(found.text if found else None, name, self.workspace)
        basis = Basis(state.serial, str(value.get("run", "")))
        shared = Noted.of(noted.text, f"{name}.journal") if noted else None
        local = list(leftovers.journals(self.folder))
        chosen = _chosen(shared, local, basis)
        lines = chosen.text if chosen else lines_of(value.get("pending", ()))
        base = Base(state, found.version if found else None, basis, lines, noted.version if noted else None)
        for rescue in leftovers.rescues(self.folder):
            base = self._with_rescue(base, rescue, chosen)
        for other in local:
            if chosen is None or other.run != chosen.run:
                older = replay(State(), other.text, other.name)
                base = replace(base, lines=base.lines + leftovers.additions(self._memory(base), older))
        return replace(base, leftovers=(*base.leftovers, *(one.path for one in local if one.path)))

    def _salvaged(self) -> Base:
        """Read what can be read still; raises `Refused` for a state that is another workspace's, or newer."""
        found, noted = self.objects.get(self.address.path), self.objects.get(self.journal_name)
        name, empty = str(self.address), State(workspace=self.workspace)
        version, journal = found.version if found else None, noted.version if noted else None
        base = Base(empty, version, Basis(), b"", journal, is_salvaged=True)
        is_whole = False
        try:
            value = value_of(found.text, name) if found else {}
            state = state_of(found.text if found else None, name, self.workspace)
            base = replace(base, state=state, basis=Basis(state.serial, str(value.get("run", ""))))
            is_whole = True
        except Refused as error:
            if error.hint != UNREADABLE:
                raise
        try:
            shared = Noted.of(noted.text, name) if noted else None
            if shared and (shared.basis == base.basis or not is_whole):
                replay(base.state, shared.text, name)
                return replace(base, lines=shared.text)
        except Refused:
            pass
        return base

    def _memory(self, base: Base) -> Memory:
        return replay(base.state, base.lines, f"{self.address}.journal")

    def _with_rescue(self, base: Base, rescue: Rescue, chosen: Noted | None) -> Base:
        """Return what was read with a state that was put aside: in its place, or what it knows besides."""
        files = (*base.leftovers, rescue.path)
        if self._run:
            self._run.taken_up.add(rescue.path.resolve())
        is_next = self._is_next(rescue, base.basis, is_there=base.version is not None)
        file = shown(str(rescue.path))
        if is_next and (chosen is None or chosen.run == rescue.run) and not base.is_aside:
            self._tell_once(f"taking up {file}: what an earlier run did, and could not write to {self.address}")
            state = replace(rescue.memory.state, serial=base.basis.serial + 1)
            lines = journal_of(rescue.memory.pending.values())
            return replace(base, state=state, lines=lines, leftovers=files, is_aside=True)
        self._tell_once(f"{file} is older than {self.address}: of it, only what that does not know is taken up")
        lines = base.lines + leftovers.additions(self._memory(base), rescue.memory)
        return replace(base, lines=lines, leftovers=files)

    def _is_next(self, rescue: Rescue, basis: Basis, *, is_there: bool) -> bool:
        """Tell whether nobody has written since the state that a rescued one was to be written over."""
        return rescue.basis == basis or not is_there

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self.tell(line)

    def _upload(self, run: _Run) -> None:
        """Put the journal beside the state, if there is more of it; never raises: it is on this machine as well."""
        with self._uploading:
            base, path = run.base, run.journal
            if base is None or path is None:
                return
            try:
                run.lease.require()
                text = disk.read(path) or b""
                if len(text) > run.uploaded:
                    version = self.objects.put(self.journal_name, text, base.journal, patience=0)
                    run.base, run.uploaded = replace(base, journal=version), len(text)
            except (Overtaken, Refused, LeaseLost):
                return

    def _uploaded(self, run: _Run) -> None:
        """Upload the journal again and again until the end; where that takes long, less often."""
        pause = UPLOAD_EVERY
        while not run.ending.wait(pause):
            begun = time.monotonic()
            self._upload(run)
            pause = max(UPLOAD_EVERY, (time.monotonic() - begun) * UPLOAD_SHARE)

    def _put_aside(self, text: bytes, base: Base, error: Exception) -> Refused:
        """Keep a state that could not be put in its place in a file, and return the words that say so."""
        run = self._held()
        path = self.folder / f"{leftovers.RESCUE}{run.lease.token}.json"
        reason = (
            f"{self.address}: another run has written since, and the state is not written over it"
            if isinstance(error, Overtaken)
            else f"{error}, so the state could not be written"
        )
        try:
            disk.replace(path, text)
        except OSError as problem:
            kept = run.journal or self.folder
            return Refused(f"{reason}, nor could a file: {problem.strerror or problem}", f"keep {kept}: it has all")
        if run.journal:
            run.journal.unlink(missing_ok=True)
        run.base, run.journal = base, None
        file = shown(str(path))
        return Refused(
            f"{reason}; what this run did is kept in {file}",
            f"the next run in this folder takes it up by itself; elsewhere: `reconciler state recover {file}`",
        )

    def _clear(self, run: _Run, base: Base) -> None:
        """Remove what the state has by now; what cannot be removed rests on an older state, and is passed over."""
        with contextlib.suppress(OSError):
            for path in (*base.leftovers, *([run.journal] if run.journal else [])):
                path.unlink(missing_ok=True)
        run.journal, run.uploaded = None, 0


OVERTAKEN = "another run has written since this plan was made"


def _chosen(shared: Noted | None, local: list[Noted], basis: Basis) -> Noted | None:
    """Return the journal that goes on from a state: the one beside it, as far as this machine knows it further."""
    if shared and shared.basis == basis:
        return next((one for one in local if one.run == shared.run), shared)
    return next((one for one in reversed(local) if one.basis == basis), None)


def _renewed(run: _Run) -> None:
    """Renew the lease again and again until the end."""
    while not run.ending.wait(pause_of(run.lease.seconds)):
        run.lease.renew()
