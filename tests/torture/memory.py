"""What the runs remember: beside the manifests, or in a bucket; read as the documentation says that it lies there.

The torture's own reading, as that of the account: it shares nothing with the program but the names of files.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.torture.bucket import Outage
    from tests.torture.traps import Trap

Json = dict[str, Any]


class Memory(Protocol):
    """What is remembered, and the folder in which the next command looks for it."""

    work: Path

    @property
    def spec(self) -> Json:
        """Return what `reconciler.yaml` says of it."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the variables that lead there."""

    def state(self) -> Json:
        """Return the state that the next command here begins with; nothing where there is none."""

    def journals(self) -> list[str]:
        """Return the journals that tell the next command here what the state does not."""

    def next(self) -> list[str]:
        """Return those of them that go on from the state, whole; what others tell counts in part."""

    def texts(self) -> Iterator[str]:
        """Yield all that is kept elsewhere than in the folders of the run."""

    def left(self) -> list[str]:
        """Return what is of no use to the next command, and should not be there after one that came to its end."""

    def claim(self) -> Json:
        """Return what a run that died says of itself in the lock, if it still holds it; asked while none is alive."""

    def expect(self, traps: Sequence[tuple[int, Trap]], outage: Outage | None) -> None:
        """Let these strike at what the next commands ask of the store, if there is one."""

    def back(self) -> int:
        """Let the store be there again; return how many writes were asked of it since `expect`."""

    def lose(self, chance: random.Random) -> str:
        """Lose some of it, and say what; nothing where there was nothing to lose."""

    def forget(self) -> None:
        """Remove what lies elsewhere than in the folders of the run."""


@dataclass(slots=True)
class Local:
    """A state in a file, with its journal beside it."""

    work: Path
    spec: Json = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    def state(self) -> Json:
        """Return the state of the file."""
        found = (self.work / ".reconciler").rglob("state.json")
        return next((read(path) for path in found), {})

    def journals(self) -> list[str]:
        """Return the journal of the folder, if there is one."""
        return [text_of(path) for path in (self.work / ".reconciler").rglob("journal")]

    def next(self) -> list[str]:
        """Return the same: there is one run at a time, and one folder."""
        return self.journals()

    def texts(self) -> Iterator[str]:
        """Yield nothing: all is in the folder."""
        yield from ()

    def left(self) -> list[str]:
        """Return nothing: what is left there is part of it."""
        return []

    def claim(self) -> Json:
        """Return nothing: a lock in a folder ends with its process."""
        return {}

    def expect(self, traps: Sequence[tuple[int, Trap]], outage: Outage | None) -> None:
        """Do nothing: nothing is asked of a store."""

    def back(self) -> int:
        """Return nothing: a file is always there."""
        return 0

    def lose(self, chance: random.Random) -> str:
        """Lose a file, or the whole folder."""
        what = chance.choice(["state", "journal", "all", "all"])
        if what == "all":
            return lose_folder(self.work)
        found = sorted((self.work / ".reconciler").rglob("state.json" if what == "state" else "journal"))
        for path in found:
            path.unlink()
        return f"{found[0].name} is lost" if found else ""

    def forget(self) -> None:
        """Do nothing: all is in the folder."""


def lose_folder(work: Path) -> str:
    """Lose all that lies beside the manifests, and say so; nothing where there was nothing."""
    if not (work / ".reconciler").exists():
        return ""
    shutil.rmtree(work / ".reconciler")
    return f"all of {work.name}/.reconciler is lost"


def read(path: Path) -> Json:
    """Return the JSON of a file."""
    value: Json = json.loads(path.read_text(encoding="utf-8"))
    return value


def text_of(path: Path) -> str:
    """Return what a file holds, also where a run died in the middle of a line."""
    return path.read_text(encoding="utf-8", errors="replace")


def resources(memory: Memory) -> dict[str, Json]:
    """Return what the state remembers."""
    found: dict[str, Json] = memory.state().get("resources", {})
    return found


def ids(state: Json) -> frozenset[str]:
    """Return the IDs of all that a state knows, what was abandoned among it."""
    stones = [one for every in state.get("tombstones", {}).values() for one in every]
    return frozenset(one["id"] for one in [*state.get("resources", {}).values(), *stones])


def is_in_journal(memory: Memory, key: str) -> bool:
    """Tell whether a journal names a resource."""
    return any(f'"{key}"' in text for text in memory.journals())


def known(memory: Memory) -> frozenset[str]:
    """Return each thing that the next command can know from what is remembered: what is missing later was lost."""
    state = memory.state()
    parts = {name: state.get(name, {}) for name in ("resources", "tombstones")}
    told = {f"{name} {key} {json.dumps(one)}" for name, part in parts.items() for key, one in part.items()}
    told |= {json.dumps(one) for one in state.get("pending", ())}
    return frozenset(told.union(*map(_lines, memory.journals())))


def told(memory: Memory) -> frozenset[str]:
    """Return the keys of the resources that the next command must know; none where some were moved meanwhile."""
    entries = [json.loads(line) for text in memory.next() for line in _lines(text)]
    if any({"buried", "renamed"} & entry.keys() for entry in entries):
        return frozenset()
    noted = [(key, one) for entry in entries for key, one in entry.get("records", {}).items()]
    made = {key for key, one in noted if one["how"] != "changed"}
    return frozenset(key for key in made.union(resources(memory)) if key.count("/") == 1)


def _lines(journal: str) -> Iterator[str]:
    """Yield the whole lines of a journal that tell of something, alike wherever they stand."""
    for line in journal.split("\n"):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if "workspace" not in entry:
                yield json.dumps(entry)
