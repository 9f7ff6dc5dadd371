"""What became of an edit whose answer was lost: read the object, and compare it with what was sent. GETs only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.alike import is_alike
from reconciler.errors import AnswerLost, Rejected
from reconciler.kinds.spec import ChildKind, observe
from reconciler.model import Leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Client
    from reconciler.kinds.spec import Kind
    from reconciler.model import Leaves, Path


@dataclass(frozen=True, slots=True)
class ReadBack:
    """One object that was edited: `sent` are the edit's leaves, `before` the object's (None: made in this run).

    `owner` is the ID of what a child belongs to.
    """

    client: Client
    table: Kind | ChildKind
    identifier: str
    owner: str
    sent: Leaves
    before: Leaves | None

    def read(self) -> Mapping[str, Any]:
        """Return the object as it is; raises `AnswerLost` where it is not shown, else what `Client.get` raises."""
        try:
            return self._read()
        except Rejected as error:
            raise AnswerLost("GET", error.path, error.message, request_id=error.request_id) from error

    def _read(self) -> Mapping[str, Any]:
        if isinstance(self.table, ChildKind):
            listed = self.client.list(self.table.path, self.table.items, {self.table.parent: self.owner}, page_size=250)
            found = next((one for one in listed if one["id"] == self.identifier), None)
            if found is None:
                raise AnswerLost("GET", self.table.path, f"{self.identifier} is not in the list")
            return found
        answer = self.client.get(f"{self.table.path}/{self.identifier}")
        found = answer.body.get(self.table.item)
        if not isinstance(found, dict) or "id" not in found:
            raise AnswerLost("GET", self.table.path, "the answer holds no object", request_id=answer.request_id)
        return found

    def is_done(self, raw: Mapping[str, Any]) -> bool:
        """Return whether the object holds all that was sent; False where none of it can be read back.

        What a server rewrites counts where it is no longer what it was.
        """
        there = observe(self.table.fields, raw)
        readable = self._readable()
        return bool(readable) and all(self._holds(there, path) for path in readable)

    def _holds(self, there: Leaves, path: Path) -> bool:
        now, sent = value(there, path), self.sent[path].value
        before = value(self.before, path) if self.before is not None else None
        return bool(now == sent or (now != before and is_alike(now, sent)))

    def moved(self, raw: Mapping[str, Any]) -> list[Path]:
        """Return the fields that others changed meanwhile: neither as they were nor as they were sent."""
        there, before = observe(self.table.fields, raw), self.before
        if before is None:
            return []
        left = [path for path in self._readable() if not self._holds(there, path)]
        return [path for path in left if value(there, path) != value(before, path)]

    def _readable(self) -> list[Path]:
        return [path for path in self.sent if self.table.fields[str(path[0])].live is not None]


def value(leaves: Leaves, path: Path) -> Any:
    """Return a leaf's value; None for an entry of a map that is not there, as it is unset."""
    return leaves.get(path, Leaf(None)).value
