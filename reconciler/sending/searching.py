"""What became of a create whose answer was lost: look for what its body describes. GETs only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.alike import is_alike, is_called
from reconciler.errors import AnswerLost, Refused
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import UPDATE
from reconciler.kinds.spec import observe
from reconciler.live import EVERY_MODE, read_identity
from reconciler.state import Neighbours, path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.api import Client
    from reconciler.kinds.spec import ChildKind
    from reconciler.model import Key

SKEW = timedelta(minutes=10)
"""How far a clock may be from that which dates what is made."""
TOLD = {"timeline": "timeline item"}
EVER = datetime.min.replace(tzinfo=UTC)
UNIX = datetime.fromtimestamp(0, UTC)
HELD = {"summary", "severity", "type", "custom_fields"}
"""Fields by which one of several incidents of a name is known to be the one that was asked for."""


class Unrecognised(AnswerLost):
    """Something stands in the account that may be what was asked for, and cannot be known again."""

    hint = "look at it in the account, and declare it as it stands there"


class Undated(Unrecognised):
    """Incidents that look like what was asked for, where nobody can tell which is it, or whether one is."""

    hint = "if one is it, write its `id:` below `metadata:`; what is not goes below `metadata.not` by its reference"


class Contested(Undated):
    """An incident that looks like what was asked for, and that somebody else asked for as well, just now."""

    hint = f"run again: whoever else asked for one knows by then which is theirs; or {Undated.hint}"


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for one thing: `body` is what was asked for at `since`, `others` are IDs of what is not it.

    An incident may be told by its reference there. Where `is_sure` is false, `since` is by this machine's own clock:
    what looks older may be what was asked for as well. What was made before `floor` is never it. `sent` are the
    leaves of the body by path; `beside` tells of everybody else who declares incidents; with `is_mine` this very
    process asked for it, with this very API key.
    """

    client: Client
    key: Key
    body: Mapping[str, Any]
    others: frozenset[str]
    since: datetime
    is_sure: bool
    floor: datetime = EVER
    sent: Mapping[str, Any] = field(default_factory=dict)
    beside: Callable[[], Neighbours] = Neighbours
    is_mine: bool = False

    def find(self) -> Mapping[str, Any] | None:
        """Return what the body describes, if the account holds exactly one that nothing else is.

        Raises `ApiError`: `Unrecognised` where something else stands there that may be it.
        """
        is_incident = self.key.kind == INCIDENT.name and not self.key.child
        found = self._incidents() if is_incident else list(self._listed())
        return found[0] if len(found) == 1 or (found and self.key.child) else None

    def _incidents(self) -> list[Mapping[str, Any]]:
        alike = [
            one
            for one in self._newest_first()
            if self._is_ours(one) and self._is_called(one) and _looks(one) == _looks(self.body)
        ]
        if not alike:
            return []
        beside = self._told_beside()
        alike = self._made_by_this_key([one for one in alike if one["id"] not in beside.managed])
        found = [one for one in alike if _made(one) >= self._earliest]
        if len(found) > 1:
            found = list(filter(self._holds_all, found)) or found
        if len(found) > 1:
            known = " and ".join(str(one["reference"]) for one in found)
            raise Undated("POST", INCIDENT.path, f"{known} all look like it")
        if alike and not found:
            told = f"{alike[0]['reference']} looks like it, and without a date nobody knows whether it is older"
            raise Undated("POST", INCIDENT.path, told)
        for one in found:
            self._require_no_doubt(one, beside)
        return found

    def _told_beside(self) -> Neighbours:
        """Return what others manage, and asked for; raises `Undated` where that cannot be read."""
        try:
            return self.beside()
        except Refused as error:
            raise Undated("POST", INCIDENT.path, f"who declared what looks like it is not known: {error}") from error

    def _made_by_this_key(self, alike: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return those that this API key made; of an earlier process, nobody knows that it had this one."""
        name = read_identity(self.client).name if alike else ""
        mine = [one for one in alike if (one["creator"].get("api_key") or {}).get("name", name) == name]
        if not name or mine == alike:
            return alike
        if not (mine or self.is_mine or self.since == EVER):
            told = f"{alike[0]['reference']} looks like it, and another API key made that"
            raise Undated("POST", INCIDENT.path, told)
        return mine if mine or self.is_mine else alike

    def _require_no_doubt(self, one: Mapping[str, Any], beside: Neighbours) -> None:
        """Raise `Undated` where something else may have made an incident: nobody edits one as soon as it is there."""
        if beside.may_have_made(one):
            told = f"{one['reference']} looks like it, and may be what another run asked for just then"
            raise Contested("POST", INCIDENT.path, told)
        if self._is_unedited and not self._holds_all(one):
            raise Undated("POST", INCIDENT.path, f"{one['reference']} looks like it, and holds other values")

    @property
    def _is_unedited(self) -> bool:
        """Return whether nobody had the time to edit it; what a run of a game day did not make is never touched."""
        is_a_runs = self.floor > UNIX
        return self.since > EVER and (is_a_runs or self.client.now().at - self.since < SKEW)

    def _holds_all(self, one: Mapping[str, Any]) -> bool:
        """Return whether an incident has everything that was asked for, as far as it can be read."""
        there = {path_text(path): leaf.value for path, leaf in observe(INCIDENT.fields, one).items()}
        told = ((path, value) for path, value in self.sent.items() if path.partition("/")[0] in HELD)
        return all(is_alike(there.get(path), value) for path, value in told)

    def _newest_first(self) -> Iterator[Mapping[str, Any]]:
        """Return all incidents that may be what was asked for by their age."""
        for page in self.client.pages(INCIDENT.path, INCIDENT.items, EVERY_MODE):
            for one in page.items:
                if _made(one) < (self._earliest if self.is_sure else self.floor):
                    return
                yield one

    def _listed(self) -> Iterable[Mapping[str, Any]]:
        kind = kinds.KINDS[self.key.kind]
        if not self.key.child:
            objects = self.client.list(kind.path, kind.items, page_size=kind.page_size or None)
            return [one for one in objects if one["id"] not in self.others and self._is_called(one)]
        table = next(one for one in kind.children if one.noun == self.key.child[0])
        if not table.items:
            return []
        scope = {table.parent: self.body[table.parent]}
        objects = self.client.list(table.path, table.items, scope, page_size=250)
        objects.sort(key=lambda one: (one.get("created_at", ""), one["id"]))
        ours = [one for one in objects if self._is_ours(one)]
        found = [one for one in ours if self._is_child(table, one)]
        if not found and table.keyed:
            self._doubt(table, ours)
        return found

    def _doubt(self, table: ChildKind, ours: Iterable[Mapping[str, Any]]) -> None:
        """Raise `Unrecognised` where something was made since that may be this one, in words of the server's own."""
        text = "message" if table is UPDATE else "title"
        if text not in self.body:
            return
        for one in ours:
            is_since = _made(one) >= self._earliest or not self.is_sure
            if is_since and one.get(text) and not one.get("activity_log_id"):
                noun = TOLD.get(table.noun, table.noun)
                told = f"{one['id']}, made by an API key since, may be this {noun}"
                hint = (
                    f"if it is, write its {text} into the manifest as it stands; if not, declare it as {noun} before it"
                )
                raise Unrecognised("POST", table.path, told, hint=hint)

    @property
    def _earliest(self) -> datetime:
        return max(max(self.since, EVER + SKEW) - SKEW, self.floor)

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


def _made(one: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(one["created_at"])


def _looks(one: Mapping[str, Any]) -> tuple[str, str]:
    return one.get("mode") or "standard", one.get("visibility") or "public"
