"""What runs that did not end left on this machine: their journals, and states that could not be put in their place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.state import disk
from reconciler.state.disk import explained
from reconciler.state.format import value_of
from reconciler.state.journal import text_of as journal_of
from reconciler.state.local import LocalStore
from reconciler.state.memory import Memory, replay
from reconciler.state.record import UNREADABLE, State, require_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model import Key
    from reconciler.state.record import Record

JOURNAL, RESCUE = "journal-", "rescue-"


@dataclass(frozen=True, slots=True)
class Basis:
    """Which state something rests on: its serial, and the token of the run that wrote it."""

    serial: int = 0
    run: str = ""

    @classmethod
    def of(cls, value: Any) -> Basis:
        """Read it; raises `TypeError`, `ValueError` or `KeyError` where it is none."""
        serial, run = value
        return cls(int(serial), str(run))

    def to_json(self) -> list[Any]:
        """Return it as files hold it."""
        return [self.serial, self.run]


@dataclass(frozen=True, slots=True)
class Noted:
    """A journal of one run: its token, what it rests on, and its lines, those that it began with included."""

    run: str
    basis: Basis
    text: bytes
    name: str
    path: Path | None = None
    workspace: str = ""

    @classmethod
    def of(cls, text: bytes, name: str, path: Path | None = None) -> Noted | None:
        """Read a journal with its first line; None where the machine died before that was whole."""
        head, line_end, rest = text.partition(b"\n")
        if not line_end:
            return None
        try:
            value = json.loads(head)
            return cls(str(value["run"]), Basis.of(value["basis"]), rest, name, path, str(value["workspace"]))
        except (ValueError, KeyError, TypeError):
            raise Refused(f"{name}:1: not a journal of this program", UNREADABLE) from None

    @staticmethod
    def head(run: str, basis: Basis, workspace: str) -> bytes:
        """Return the first line of a journal."""
        return json.dumps({"run": run, "basis": basis.to_json(), "workspace": workspace}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Rescue:
    """A state that is not in its place yet; `basis` is the one that it was to be written over."""

    run: str
    basis: Basis
    memory: Memory
    path: Path

    @classmethod
    def read(cls, path: Path, hint: str = UNREADABLE) -> Rescue:
        """Read a file: one that a run put aside, or the state of a workspace from before it was shared.

        Raises `Refused` where it is neither; `hint` says what to do then.
        """
        name = str(path)
        value = value_of(disk.read(path) or b"", name, hint)
        if isinstance(value, dict) and "run" not in value and "serial" in value:
            state = State.from_json(value, name, hint)
            return cls("", Basis(), LocalStore(path, state.workspace).read(), path)
        try:
            run, basis, pending = str(value["run"]), Basis.of(value["basis"]), lines_of(value["pending"])
        except (KeyError, TypeError, ValueError):
            raise Refused(f"{name}: not a state", hint) from None
        return cls(run, basis, replay(State.from_json(value, name, hint), pending, name), path)

    def require_fit(self, there: State, workspace: str, address: str) -> None:
        """Raise `Refused` where it is another workspace's, or of another organisation than the state that is there."""
        require_workspace(self.memory.state.workspace, workspace, str(self.path))
        told, known = self.memory.state.account.dashboard_url, there.account.dashboard_url
        if told and known and told.rstrip("/") != known.rstrip("/"):
            raise Refused(
                f"{self.path}: belongs to {told}, and the state in {address} to {known}",
                "name a state of that organisation, or write another `state:` in reconciler.yaml",
            )


def lines_of(pending: Any) -> bytes:
    """Return the journal lines of the intents that stand in a state."""
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in pending)


def journals(folder: Path, but: str = "") -> Iterator[Noted]:
    """Yield the journals in a folder, the oldest first, but that of one run."""
    for path in _oldest_first(folder, f"{JOURNAL}*"):
        noted = Noted.of(disk.read(path) or b"", str(path), path)
        if noted and noted.run != but:
            yield noted


def rescues(folder: Path) -> list[Rescue]:
    """Return the states that were put aside in a folder, the oldest first."""
    return list(map(Rescue.read, _oldest_first(folder, f"{RESCUE}*.json")))


def _oldest_first(folder: Path, pattern: str) -> list[Path]:
    with explained(folder):
        return sorted(folder.glob(pattern), key=lambda path: (path.stat().st_mtime_ns, path.name))


def additions(memory: Memory, other: Memory) -> bytes:
    """Return journal lines with what another run made and this memory knows nothing of.

    The other rests on an older state: what others have written since is known better.
    """
    known = {record.id for record in memory.state.records.values()} | memory.state.managed
    there = dict(memory.state.records)
    lines = b""
    for key, record in sorted(other.state.records.items()):
        # Only what was made is told whole; of what was edited or seen a record may hold a part.
        if record.idempotency_key and key not in there and record.id not in known and _fits(key, there, other):
            there[key] = record
            lines += lines_of([{"outcome": ["see", str(key)], "records": {str(key): record.to_json()}}])
    open_ = [one for step, one in other.pending.items() if step not in memory.pending and step.key not in there]
    return lines + journal_of(open_)


def _fits(key: Key, there: dict[Key, Record], other: Memory) -> bool:
    """Tell whether a child's resource is the object that it was when the child was made."""
    if not key.child:
        return True
    now, then = there.get(key.parent), other.record(key.parent)
    return now is not None and (then is None or then.id == now.id)
