"""Where a resource is looked for in the account, and what it is found to be. Pure.

The order: `metadata.id`, state (and the tombstones of the same generation), marker, natural key, look-alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler import alike
from reconciler.identity import (
    Absent,
    Ambiguous,
    Forgotten,
    Marked,
    Matched,
    Mistaken,
    OutOfSight,
    Taken,
    Used,
    carried,
    generations,
    marker,
    owner,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reconciler.identity import Claim, Match, Objects
    from reconciler.model import Key
    from reconciler.state import Neighbours


Look = tuple[str, str, str]
"""What an incident looks like: its name, mode and visibility."""


def match_by_name(claims: Iterable[Claim], objects: Objects, holders: Mapping[str, Key]) -> dict[Key, Match]:
    """Find configuration: by stated ID, by state, else by its live name among those that no other manifest is.

    That is the name of its manifest, or the one that a run asked for it with whose answer nobody learned.

    `holders` are the resources that state knows, by ID.
    """
    claims = list(claims)
    known = {claim.key: _by_id(claim, objects) for claim in claims}
    taken = {one.raw["id"] for one in known.values() if isinstance(one, Matched)}
    named: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in objects.all:
        if one["id"] not in taken:
            named[alike.title(one["name"])].append(one)
    found, titles = {}, {alike.title(claim.title) for claim in claims}
    for claim in claims:
        asked = alike.title(claim.asked_name)
        names = [alike.title(claim.title), *([asked] if asked not in titles else [])]
        candidates = next(filter(None, ([one for one in named[name] if not claim.excludes(one)] for name in names)), [])
        found[claim.key] = known[claim.key] or _by_name(candidates)
    return _claimed_once({key: _unless_taken(key, one, holders) for key, one in found.items()})


def _by_id(claim: Claim, objects: Objects) -> Match | None:
    ways = ((claim.stated_id, "metadata.id"), (claim.recorded_id, "state"), (claim.buried_id, "tombstone"))
    for identifier, how in ways:
        if identifier:
            found = objects.by_id.get(identifier)
            if found is None:
                return OutOfSight(identifier)
            # State knows it already: that a manifest states its ID as well is no news.
            return Matched(found, "state" if found["id"] == claim.recorded_id else how)
    return None


def _by_name(named: Sequence[Mapping[str, Any]]) -> Match:
    match named:
        case []:
            return Absent()
        case [one]:
            return Matched(one, "name")
        case _:
            return Ambiguous(tuple(named), "several have this name")


@dataclass(frozen=True, slots=True)
class Search:
    """How incidents are looked for.

    `holders` are the resources that state knows, by ID; `managed` are these IDs and those of tombstones. `adopt`
    False takes no look-alike; `marker_field` is the ID of the field that carries keys, empty where there is none.
    """

    namespace: str = ""
    holders: Mapping[str, Key] | None = None
    managed: frozenset[str] = frozenset()
    adopt: bool = True
    marker_field: str = ""
    is_partial: bool = False
    """Whether other manifests may declare what these do not; where not, what is missing is told as removed."""
    names: Mapping[str, Collection[str]] = field(default_factory=dict)
    """What the managed ones were called when they were last written, by ID."""
    used: Mapping[str, tuple[Key, str]] | None = None
    """Who the idempotency keys were used for, and the ID of what they made."""
    written: Mapping[Key, str] | None = None
    """The key that state says was last written into each incident."""
    forgotten: Mapping[str, Key] | None = None
    """What those that are not managed any more were called, by ID."""
    beside: Neighbours | None = None
    """Everybody else who declares incidents of this workspace."""

    def incidents(self, claims: Iterable[Claim], objects: Objects) -> dict[Key, Match]:
        """Find incidents.

        A look-alike is an incident that nothing manages or managed, with the same name, mode and visibility, made by
        an API key, and claimed by one manifest alone.
        """
        claims = list(claims)
        seekers = {_look_of(claim): claim for claim in claims if self.adopt and not claim.ids}
        found = {
            claim.key: generations.earlier(claim, objects) or self._by_id(claim, objects, seekers) for claim in claims
        }
        taken = self.managed | {one.raw["id"] for one in found.values() if isinstance(one, Matched)}
        free = [one for one in objects.all if one["id"] not in taken]
        looks, marked, by_name = defaultdict(list), defaultdict(list), defaultdict(list)
        elsewhere = carried.elsewhere(free, self.marker_field)
        left = self._left(objects)
        for one in free:
            looks[_look(one)].append(one)
            if text := self._marker(one):
                marked[text].append(one)
                for name in generations.names(text):
                    by_name[name].append((text, one))
        for claim in claims:
            if found[claim.key] is None:
                look = _look_of(claim)
                others = list(generations.bearing(claim, by_name, self.namespace))
                others += generations.asked_for(claim, looks[_look_asked(claim)])
                alike = [one for one in looks[look] if one not in others]
                beside = generations.not_beside(claim, others, left.get(look))
                looked = beside or self._by_look(claim, alike)
                found[claim.key] = carried.by_marker(claim, marked) or carried.unless_elsewhere(
                    claim, looked, elsewhere
                )
        if self.is_partial:
            self._leave_to_others(claims, found, objects)
        strays = self._strays({claim.key: claim for claim in claims}, found, objects)
        settled = {claim.key: self._settled(claim, found[claim.key] or Absent(), objects, strays) for claim in claims}
        return _claimed_once(settled)

    def _by_id(self, claim: Claim, objects: Objects, seekers: Mapping[Look, Claim]) -> Match | None:
        """Return what an ID tells; one that is wrong keeps the incident from nobody whose it is by its key or looks."""
        found = _by_id(claim, objects)
        if isinstance(found, Matched) and found.how == "metadata.id" and found.raw["id"] not in (self.holders or {}):
            return self._carries_another(claim, found) or _looks_like_another(claim, found, seekers) or found
        return found

    def _left(self, objects: Objects) -> dict[Look, Forgotten]:
        """Return what is not managed any more and runs still, by its looks; nothing where looks do not count."""
        known = self.forgotten if self.adopt and self.forgotten else {}
        return {
            _look(one): Forgotten(one, known[identifier])
            for identifier, one in ((each, objects.by_id.get(each)) for each in known)
            if one and identifier not in (self.holders or {}) and not generations.is_finished(one)
        }

    def _leave_to_others(self, claims: Iterable[Claim], found: dict[Key, Match | None], objects: Objects) -> None:
        """Let nobody be declared beside a running incident of the same looks that another name manages.

        What it was called when it was last written counts as well: people may have renamed it since.
        """
        others = {
            _looks(name, one["mode"], one["visibility"]): one
            for one in objects.all
            if (self.holders or {}).get(one["id"]) not in {None, *found} and not generations.is_finished(one)
            for name in (*self.names.get(one["id"], ()), one["name"])
        }
        for claim in claims:
            one = others.get(_look_of(claim))
            if one and isinstance(found[claim.key], Absent) and not (claim.asked_at or claim.excludes(one)):
                found[claim.key] = Taken(one, (self.holders or {})[one["id"]])

    def _marker(self, one: Mapping[str, Any]) -> str:
        return marker(one, self.marker_field) if self.marker_field else ""

    def _strays(
        self, claims: Mapping[Key, Claim], found: Mapping[Key, Match | None], objects: Objects
    ) -> dict[str, Taken]:
        """Return what state takes for another one than its key says, by the key: nobody is declared in its place."""
        strays, written = {}, self.written or {}
        for one in objects.all:
            holder, text = (self.holders or {}).get(one["id"]), self._marker(one)
            if holder is None or not text:
                continue
            match, is_others = found.get(holder), text != written.get(holder)
            if isinstance(match, Matched):
                is_others = self._carries_another(claims[holder], match) is not None
            if is_others:
                strays[text] = Taken(one, holder)
        return strays

    def _settled(self, claim: Claim, found: Match, objects: Objects, strays: Mapping[str, Taken]) -> Match:
        """Return what was found, or why it cannot be taken for it."""
        found = _unless_taken(claim.key, found, self.holders or {})
        if isinstance(found, Matched) and claim.excludes(found.raw):
            return Ambiguous((found.raw,), "it is managed as what `not` says that it is not")
        if isinstance(found, Absent):
            stray = next((strays[text] for text in claim.markers if text in strays), None)
            if left := self._used(claim, objects) or stray:
                return left
        if generations.is_declared_anew(claim, found) and (unfinished := generations.unfinished(claim, objects)):
            return unfinished
        if isinstance(found, Matched) and (other := self._carries_another(claim, found)):
            return other
        return found

    def _carries_another(self, claim: Claim, found: Matched) -> Marked | None:
        """Return that an incident carries another key than a resource may have, where nobody knows better.

        State and `metadata.id` together do. `metadata.id` alone does not where the key is one of this workspace: it
        may be mistyped, or left over from another generation.
        """
        is_recorded = found.how == "state"
        text, written = self._marker(found.raw), (self.written or {}).get(claim.key) if is_recorded else None
        if not text or text in {*claim.markers, written}:
            return None
        whose = owner(text, self.namespace, claim.key.kind)
        is_stated = claim.stated_id in {found.raw["id"], found.raw["reference"]}
        if is_stated and (is_recorded or whose is None):
            return None
        return Marked(found.raw, text, whose, is_recorded, is_stated)

    def _used(self, claim: Claim, objects: Objects) -> Used | None:
        """Return what the key of something that does not exist made, if that is another one by now."""
        holders, used = self.holders or {}, self.used or {}
        holder, identifier = next((used[text] for text in claim.markers[:1] if text in used), (None, ""))
        if holder in {claim.key, None}:
            # Not by its records: then by what the API answered to an earlier run.
            holder, identifier = holders.get(claim.answered_id), claim.answered_id
            if not identifier:
                return None
        return Used(objects.by_id.get(identifier), identifier, holder, identifier in holders)

    def _by_look(self, claim: Claim, alike: Sequence[Mapping[str, Any]]) -> Match:
        candidates = [one for one in alike if not claim.excludes(one)]
        if not (candidates and self.adopt):
            return Absent()
        match candidates:
            case [one] if "api_key" not in one["creator"]:
                return Ambiguous((one,), "a person declared one that looks the same")
            case [one] if generations.may_be_earlier(claim, one):
                return Ambiguous((one,), "one that looks the same is finished, and may be an earlier generation")
            case [one] if self.beside and self.beside.may_have_made(one):
                return Ambiguous((one,), "a run of a game day may have declared one that looks the same")
            case [one]:
                return Matched(one, "look-alike")
            case _:
                return Ambiguous(tuple(candidates), "several look the same")


def _unless_taken(key: Key, match: Match, holders: Mapping[str, Key]) -> Match:
    if isinstance(match, Matched) and holders.get(match.raw["id"], key) != key:
        return Taken(match.raw, holders[match.raw["id"]])
    return match


def _looks(name: str, mode: str, visibility: str) -> Look:
    return alike.title(name), mode, visibility


def _look(one: Mapping[str, Any]) -> Look:
    return _looks(one["name"], one["mode"], one["visibility"])


def _look_of(claim: Claim) -> Look:
    return _looks(claim.title, claim.mode, claim.visibility)


def _look_asked(claim: Claim) -> Look:
    """Return what an earlier generation looks like that was asked for; nothing that any incident looks like else."""
    asked = claim.asked_earlier
    return _looks(asked.name, asked.mode, asked.visibility) if asked else ("", "", "")


def _looks_like_another(claim: Claim, found: Matched, seekers: Mapping[Look, Claim]) -> Mistaken | None:
    """Return that a number may be mistyped: nothing but that says that it is this one, and all else that it is another.

    `seekers` are those of which nobody has an ID.
    """
    other = seekers.get(_look(found.raw))
    if other is None or _look(found.raw) == _look_of(claim) or other.excludes(found.raw):
        return None
    return Mistaken(found.raw, other.key) if "api_key" in found.raw["creator"] else None


def _claimed_once(found: dict[Key, Match]) -> dict[Key, Match]:
    """Return the same, where two claim one object, by its looks or by its ID, neither of them taken for it."""
    claimed = Counter(one.raw["id"] for one in found.values() if isinstance(one, Matched))
    return {
        key: Ambiguous((one.raw,), "another manifest claims it as well")
        if isinstance(one, Matched) and one.is_new and claimed[one.raw["id"]] > 1
        else one
        for key, one in found.items()
    }
