"""What runs remember in a bucket, and what dead ones left on each machine; read as it is documented to lie there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.torture.memory import ids, lose_folder, read, text_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.torture.bucket import Bucket, Outage
    from tests.torture.traps import Trap

Json = dict[str, Any]

LEASE = 2
"""Seconds: the shortest that a workspace may ask for."""


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
            rescue = read(path)
            is_older = bool(state) and rescue["basis"] != _basis(state)
            is_behind = noted.get("basis") == _basis(state) and noted["run"] != rescue["run"]
            state = _added(state, rescue) if state and (is_older or is_behind) else rescue
        return state

    def journals(self) -> list[str]:
        """Return the journal of the bucket, if it goes on from the state there, and those of this machine."""
        return self._going_on() + [text_of(path) for path in sorted((self.work / ".reconciler").rglob("journal-*"))]

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
        """Return who holds the lock: a run that died, as this is asked while none is alive."""
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
        told = [lose_folder(self.work)] if what in {"folder", "all"} else []
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
