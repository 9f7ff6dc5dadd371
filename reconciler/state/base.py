"""Where a state lies in a bucket, and a folder of this machine, in; what was read there, and what runs noted, out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.paths import shown
from reconciler.state import leftovers
from reconciler.state.format import state_in, value_of
from reconciler.state.journal import text_of as journal_of
from reconciler.state.leftovers import Basis, Noted, Rescue, lines_of
from reconciler.state.memory import Memory, replay
from reconciler.state.record import UNREADABLE, State, require_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.state.address import Address
    from reconciler.state.objects import Found, Objects, Version


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
    noted_by: str = ""
    """The run whose journal the lines begin with; empty where they are the state's own."""

    def is_next(self, rescue: Rescue) -> bool:
        """Tell whether nobody has written since the state that a rescued one was to be written over."""
        return rescue.basis == self.basis or self.version is None

    def is_known_to(self, rescue: Rescue) -> bool:
        """Tell whether a rescued state knows all that stands here: it goes on from here, or its own run noted it."""
        is_its = not self.leftovers and self.noted_by in {"", rescue.run}
        return self.is_next(rescue) and (is_its or not self.lines)


@dataclass(slots=True)
class Reader:
    """Reads what is remembered at an address; `folder` is on this machine, and this state's alone.

    `tell` gets a line, once, where a state that was put aside there is taken up, and where none is shared yet and one
    lies where it did before (`former`).
    """

    objects: Objects
    address: Address
    folder: Path
    workspace: str
    tell: Callable[[str], None]
    former: Path | None = None
    _told: set[str] = field(default_factory=set, init=False)

    def fetch(self) -> Base:
        """Read the state and its journal, and what runs that did not end left on this machine."""
        # In this order: a run that ends just now moves what its journal tells into the state.
        noted, found = self.objects.get(self.address.journal_name), self.objects.get(self.address.path)
        name = str(self.address)
        state, basis, pending = _stored(found, name, self.workspace)
        shared = Noted.of(noted.text, f"{name}.journal") if noted else None
        local = list(leftovers.journals(self.folder))
        for one in (*([shared] if shared else ()), *local):
            require_workspace(one.workspace, self.workspace, one.name)
        chosen = _chosen(shared, local, basis)
        lines = chosen.text if chosen else pending
        version, journal = found.version if found else None, noted.version if noted else None
        base = Base(state, version, basis, lines, journal, noted_by=chosen.run if chosen else "")
        if found is None and self.former and self.former.exists():
            file = shown(str(self.former))
            told = f"{name} holds no state yet, and {file} does: `reconciler state recover {file}` brings it there"
            self._tell_once(f"warning: {told}; without it, what it tells is found again in the account")
        for rescue in leftovers.rescues(self.folder):
            base = self._with_rescue(base, rescue, chosen)
        for other in local:
            if chosen is None or other.run != chosen.run:
                older = replay(State(), other.text, other.name)
                base = replace(base, lines=base.lines + leftovers.additions(self.memory(base), older))
        return replace(base, leftovers=(*base.leftovers, *(one.path for one in local if one.path)))

    def salvage(self) -> Base:
        """Read what can be read still; raises `Refused` for a state that is another workspace's, or newer."""
        found, noted = self.objects.get(self.address.path), self.objects.get(self.address.journal_name)
        name, empty = str(self.address), State(workspace=self.workspace)
        version, journal = found.version if found else None, noted.version if noted else None
        base = Base(empty, version, Basis(), b"", journal, is_salvaged=True)
        is_whole = False
        try:
            state, basis, _ = _stored(found, name, self.workspace)
            base = replace(base, state=state, basis=basis)
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

    def memory(self, base: Base) -> Memory:
        """Return what is remembered by what was read."""
        return replay(base.state, base.lines, f"{self.address}.journal")

    def texts(self) -> Mapping[str, bytes | None]:
        """Return what lies there as it is: the state and its journal."""
        found, noted = self.objects.get(self.address.path), self.objects.get(self.address.journal_name)
        return {"state.json": found.text if found else None, "journal": noted.text if noted else None}

    def _with_rescue(self, base: Base, rescue: Rescue, chosen: Noted | None) -> Base:
        """Return what was read with a state that was put aside: in its place, or what it knows besides."""
        files = (*base.leftovers, rescue.path)
        file = shown(str(rescue.path))
        if base.is_next(rescue) and (chosen is None or chosen.run == rescue.run) and not base.is_aside:
            self._tell_once(f"taking up {file}: what an earlier run did, and could not write to {self.address}")
            state = replace(rescue.memory.state, serial=base.basis.serial + 1)
            lines = journal_of(rescue.memory.pending.values())
            return replace(base, state=state, lines=lines, leftovers=files, is_aside=True)
        self._tell_once(f"{file} is older than {self.address}: of it, only what that does not know is taken up")
        lines = base.lines + leftovers.additions(self.memory(base), rescue.memory)
        return replace(base, lines=lines, leftovers=files)

    def _tell_once(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self.tell(line)


def _stored(found: Found | None, name: str, workspace: str) -> tuple[State, Basis, bytes]:
    """Return the state of an object, which run wrote it, and the journal lines of what that left open."""
    if found is None:
        return State(workspace=workspace), Basis(), b""
    value = value_of(found.text, name)
    state = state_in(value, name, workspace)
    try:
        pending = lines_of(value.get("pending", ()))
    except TypeError:
        raise Refused(f"{name}: not a state of this program", UNREADABLE) from None
    return state, Basis(state.serial, str(value.get("run", ""))), pending


def _chosen(shared: Noted | None, local: list[Noted], basis: Basis) -> Noted | None:
    """Return the journal that goes on from a state: the one beside it, as far as this machine knows it further."""
    if shared and shared.basis == basis:
        return next((one for one in local if one.run == shared.run), shared)
    return next((one for one in reversed(local) if one.basis == basis), None)
