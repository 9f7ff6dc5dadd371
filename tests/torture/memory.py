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

    from tests.torture.bucket import Bucket, Outage
    from tests.torture.traps import Trap

Json = dict[str, Any]

LEASE = 2
"""Seconds: the shortest that a workspace may ask for."""


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
        """Return what a run that died says of itself in the lock; nothing where none has to be waited for."""

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
        return next((_read(path) for path in found), {})

    def journals(self) -> list[str]:
        """Return the journal of the folder, if there is one."""
        return [_text(path) for path in (self.work / ".reconciler").rglob("journal")]

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
            return _lose_folder(self.work)
        found = sorted((self.work / ".reconciler").rglob("state.json" if what == "state" else "journal"))
        for path in found:
            path.unlink()
        return f"{found[0].name} is lost" if found else ""

    def forget(self) -> None:
        """Do nothing: all is in the folder."""


@dataclass(slots=True)
class Shared:
    """A state in a bucket, its journal and its lock beside it, and in each machine's folder what a dead run left."""

    work: Path
    bucket: Bucket
    name: str
    """What the names of its objects begin with, up to the first dot."""

    @property
    def spec(self) -> Json:
        """Return its address, and how long a lease lasts."""
        return {"state": f"s3://torture/{self.name}.json", "state_lease_seconds": LEASE}

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the variables that lead to the bucket."""
        return self.bucket.environ

    def state(self) -> Json:
        """Return the state of the bucket, with what runs here put aside: in its place, or what it does not know."""
        state = self._object(".json")
        noted = _head("\n".join(self._noted()))
        for path in self.rescues():
            rescue = _read(path)
            is_older = bool(state) and rescue["basis"] != _basis(state)
            is_behind = noted.get("basis") == _basis(state) and noted["run"] != rescue["run"]
            state = _added(state, rescue) if state and (is_older or is_behind) else rescue
        return state

    def journals(self) -> list[str]:
        """Return the journal of the bucket, if it goes on from the state there, and those of this machine."""
        return self._going_on() + [_text(path) for path in sorted((self.work / ".reconciler").rglob("journal-*"))]

    def next(self) -> list[str]:
        """Return the journal of the bucket, if it goes on from the state there and nothing was put aside since."""
        return [] if self.rescues() else self._going_on()

    def rescues(self) -> list[Path]:
        """Return the files of this machine in which runs put a state aside, the oldest first."""
        found = (self.work / ".reconciler").rglob("rescue-*.json")
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def texts(self) -> Iterator[str]:
        """Yield all objects."""
        yield from map(self.bucket.text, self._names())

    def left(self) -> list[str]:
        """Return the files of this machine that the state has in it by now, and the lock if it is held."""
        journals = (self.work / ".reconciler").rglob("journal-*")
        return [path.name for path in (*self.rescues(), *journals)] + [f"{one}" for one in self.claim().items()]

    def claim(self) -> Json:
        """Return who holds the lock: nobody whose process is known to be alive may ask."""
        claim = self._object(".lock")
        return {} if claim.get("is_free") else claim

    def expect(self, traps: Sequence[tuple[int, Trap]], outage: Outage | None) -> None:
        """Let these strike at the bucket's next requests."""
        self.bucket.expect(traps, outage)

    def back(self) -> int:
        """Let the bucket be there again; return how many writes it was asked for since `expect`."""
        return self.bucket.back()

    def lose(self, chance: random.Random) -> str:
        """Lose objects of the bucket, or the folder of this machine, or both."""
        what = chance.choice(["state", "journal", "lock", "folder", "rescue", "rescue", "all", "all"])
        told = [_lose_folder(self.work)] if what in {"folder", "all"} else []
        for path in self.rescues() if what == "rescue" else ():
            path.unlink()
            told.append("a rescued state is lost")
        for name in self._names({"state": ".json", "journal": ".journal", "lock": ".lock", "all": ""}.get(what, "/")):
            self.bucket.remove(name)
            told.append(f"{name} is lost")
        return "; ".join(filter(None, told))

    def forget(self) -> None:
        """Remove its objects."""
        for name in self._names():
            self.bucket.remove(name)

    def _names(self, ending: str = "") -> list[str]:
        """Return the names of its objects that end like this; there is one of each sort."""
        return [one for one in self.bucket.names(f"{self.name}.") if one.endswith(ending)]

    def _object(self, ending: str) -> Json:
        value: Json = next((json.loads(self.bucket.text(one)) for one in self._names(ending)), {})
        return value

    def _going_on(self) -> list[str]:
        there = _basis(self._object(".json"))
        return [text for text in self._noted() if _head(text).get("basis") == there]

    def _noted(self) -> list[str]:
        return list(map(self.bucket.text, self._names(".journal")))


def _lose_folder(work: Path) -> str:
    if not (work / ".reconciler").exists():
        return ""
    shutil.rmtree(work / ".reconciler")
    return f"all of {work.name}/.reconciler is lost"


def _read(path: Path) -> Json:
    value: Json = json.loads(path.read_text(encoding="utf-8"))
    return value


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _head(journal: str) -> Json:
    """Return the first line of a shared journal; nothing where there is none."""
    line = journal.partition("\n")[0]
    head: Json = json.loads(line) if line else {}
    return head


def _basis(state: Json) -> list[Any]:
    """Return how a journal names the state that it goes on from."""
    return [state.get("serial", 0), state.get("run", "")]


def _added(state: Json, older: Json) -> Json:
    """Return a state with what another one, which others have overtaken, made and it knows nothing of."""
    there = ids(state)
    made = {
        key: one for key, one in older["resources"].items() if one.get("idempotency_key") and one["id"] not in there
    }
    return {**state, "resources": {**made, **state["resources"]}}


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
