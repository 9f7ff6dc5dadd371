"""What became of a create whose answer was lost: look for what its body describes. GETs only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.alike import is_alike, is_called
from reconciler.errors import AnswerLost
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import UPDATE
from reconciler.live import EVERY_MODE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.api import Client
    from reconciler.kinds.spec import ChildKind
    from reconciler.model import Key

SKEW = timedelta(minutes=10)
"""How far this machine's clock may be from the API's."""


class Unrecognised(AnswerLost):
    """Something stands in the account that may be what was asked for, and cannot be known again."""

    hint = "if it is, write its message into the manifest as it stands; if not, declare it as an update before this one"


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for one thing: `body` is what was asked for at `since` (Unix seconds), `others` are IDs of what is not it.

    An incident may be told by its reference there.
    """

    client: Client
    key: Key
    body: Mapping[str, Any]
    others: frozenset[str]
    since: float

    def find(self) -> Mapping[str, Any] | None:
        """Return what the body describes, if the account holds exactly one that nothing else is.

        Raises `ApiError`: `Unrecognised` where something else stands there that may be it.
        """
        if self.key.kind == INCIDENT.name and not self.key.child:
            found = list(self._incidents())
        else:
            found = list(self._listed())
        return found[0] if len(found) == 1 or (found and self.key.child) else None

    def _incidents(self) -> Iterable[Mapping[str, Any]]:
        earliest = self._since()
        for page in self.client.pages(INCIDENT.path, INCIDENT.items, EVERY_MODE):
            for one in page.items:
                if datetime.fromisoformat(one["created_at"]) < earliest:
                    return
                if self._is_ours(one) and self._is_called(one) and _looks(one) == _looks(self.body):
                    yield one

    def _listed(self) -> Iterable[Mapping[str, Any]]:
        kind = kinds.KINDS[self.key.kind]
        if not self.key.child:
            objects = self.client.list(kind.path, kind.items, page_size=kind.page_size or None)
            return [one for one in objects if one["id"] not in self.others and self._is_called(one)]
        table = next(one for one in kind.children if one.noun == self.key.child[0])
        scope = {table.parent: self.body[table.parent]}
        objects = self.client.list(table.path, table.items, scope, page_size=250)
        objects.sort(key=lambda one: (one.get("created_at", ""), one["id"]))
        ours = [one for one in objects if self._is_ours(one)]
        found = [one for one in ours if self._is_child(table, one)]
        if not found and table is UPDATE and "message" in self.body:
            self._doubt(ours)
        return found

    def _doubt(self, ours: Iterable[Mapping[str, Any]]) -> None:
        """Raise `Unrecognised` where an update was made since that may be this one, in words of the server's own."""
        since = self._since()
        for one in ours:
            if one.get("message") and datetime.fromisoformat(one["created_at"]) >= since:
                raise Unrecognised("POST", UPDATE.path, f"{one['id']}, made by an API key since, may be this update")

    def _since(self) -> datetime:
        return datetime.fromtimestamp(self.since, UTC) - SKEW

    def _is_called(self, one: Mapping[str, Any]) -> bool:
        return is_called(one["name"], self.body["name"])

    def _is_child(self, table: ChildKind, one: Mapping[str, Any]) -> bool:
        if table is not UPDATE:
            names = [table.fields[name].wire or name for name in table.natural_key]
            is_it = is_alike if table.keyed else is_called
            return all(is_it(one.get(name), self.body.get(name)) for name in names)
        if "message" in self.body:
            return is_alike(one.get("message"), self.body["message"])
        moves = (("to_incident_status_id", "new_incident_status"), ("to_severity_id", "new_severity"))
        return not one.get("message") and all(
            (one.get(live) or {}).get("id") == self.body[wire] for wire, live in moves if wire in self.body
        )

    def _is_ours(self, one: Mapping[str, Any]) -> bool:
        """Return whether an API key made it, and nothing that is managed is it."""
        maker = one.get("creator") or one.get("updater") or {"api_key": {}}
        return self.others.isdisjoint((one["id"], one.get("reference"))) and "api_key" in maker


def _looks(one: Mapping[str, Any]) -> tuple[str, str]:
    return one.get("mode") or "standard", one.get("visibility") or "public"
