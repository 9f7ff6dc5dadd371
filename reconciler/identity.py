"""Who a resource is: its idempotency key, and where it is looked for in the account. Pure.

The order of the search: `metadata.id`, state, marker, natural key, look-alike. Each answer is
a value of its own, so that nothing can be taken for found that is only likely.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler import alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model import Key

SCHEME = "reconciler/1"
"""Part of every key: changing it, or anything that `idempotency_key` does, declares every incident anew."""

DEFAULT_GENERATION = "1"


def idempotency_key(namespace: str, key: Key, generation: str = DEFAULT_GENERATION) -> str:
    """Return the key that a create carries: who it is, never what it says.

    It reads `<name>.<generation>[.<id>]-<32 hex digits>`; the digits are the first of SHA-256 over the compact
    JSON array `["reconciler/1", namespace, kind, name, generation, noun of the child, id]`.
    """
    who = [SCHEME, namespace, key.kind, key.name, generation, *key.child]
    digest = hashlib.sha256(json.dumps(who, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    return f"{'.'.join((key.name, generation, *key.child[1:]))}-{digest[:32]}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a resource before it is looked for. `title` is its live name as far as known."""

    key: Key
    title: str
    stated_id: str = ""
    recorded_id: str = ""
    marker: str = ""
    mode: str = "standard"
    visibility: str = "public"
    not_these: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """The object that a manifest means, and how it was found."""

    raw: Mapping[str, Any]
    how: str

    @property
    def is_new(self) -> bool:
        """Return whether state does not know it yet."""
        return self.how != "state"


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing in the account is it."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several objects may be it, or one that a person made: a person must say which."""

    candidates: tuple[Mapping[str, Any], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """Its ID is known and the account does not show it: deleted, or private to this key."""

    id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Its stated ID is that of an incident which another manifest manages."""

    raw: Mapping[str, Any]
    holder: Key


Match = Matched | Absent | Ambiguous | OutOfSight | Taken


@dataclass(frozen=True, slots=True)
class Objects:
    """What the account holds of one kind; `gone` are IDs that were asked for by name and not shown."""

    all: Sequence[Mapping[str, Any]]
    gone: frozenset[str] = frozenset()
    by_id: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Iterable[Mapping[str, Any]], gone: Iterable[str] = ()) -> Objects:
        """Index objects by ID, and incidents by their reference as well."""
        every = list(objects)
        index = {one["id"]: one for one in every}
        index |= {one["reference"]: one for one in every if one.get("reference")}
        return cls(every, frozenset(gone), index)


def match_by_name(claims: Iterable[Claim], objects: Objects) -> dict[Key, Match]:
    """Find configuration: by stated ID, by state, else by its live name among those that no other manifest is."""
    claims = list(claims)
    known = {claim.key: _by_id(claim, objects) for claim in claims}
    taken = {one.raw["id"] for one in known.values() if isinstance(one, Matched)}
    named: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in objects.all:
        if one["id"] not in taken:
            named[alike.title(one["name"])].append(one)
    return {claim.key: known[claim.key] or _by_name(named[alike.title(claim.title)]) for claim in claims}


def _by_id(claim: Claim, objects: Objects) -> Match | None:
    for identifier, how in ((claim.stated_id, "metadata.id"), (claim.recorded_id, "state")):
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


def match_incidents(
    claims: Iterable[Claim], objects: Objects, *, managed: frozenset[str], adopt: bool, marker_field: str = ""
) -> dict[Key, Match]:
    """Find incidents: by stated ID, by state, by marker, else by look-alike.

    A look-alike is an incident that nothing manages yet (`managed` are the IDs that state knows), with the same
    name, mode and visibility, made by an API key, and claimed by one manifest alone. `adopt` False takes none.
    """
    claims = list(claims)
    found = {claim.key: _by_id(claim, objects) for claim in claims}
    taken = managed | {one.raw["id"] for one in found.values() if isinstance(one, Matched)}
    free = [one for one in objects.all if one["id"] not in taken]
    marked, alike = defaultdict(list), defaultdict(list)
    for one in free:
        alike[_looks(one["name"], one["mode"], one["visibility"])].append(one)
        if marker_field and (text := _marker(one, marker_field)):
            marked[text].append(one)
    for claim in claims:
        if found[claim.key] is None:
            found[claim.key] = _by_marker(marked.get(claim.marker, [])) or _by_look(
                claim, alike[_looks(claim.title, claim.mode, claim.visibility)], adopt=adopt
            )
    holders = {claim.recorded_id: claim.key for claim in claims if _is_held(found[claim.key])}
    return {key: _unless_taken(key, one, holders) for key, one in found.items() if one is not None}


def _is_held(match: Match | None) -> bool:
    return isinstance(match, Matched) and match.how == "state"


def _unless_taken(key: Key, match: Match, holders: Mapping[str, Key]) -> Match:
    if isinstance(match, Matched) and holders.get(match.raw["id"], key) != key:
        return Taken(match.raw, holders[match.raw["id"]])
    return match


def _looks(name: str, mode: str, visibility: str) -> tuple[str, str, str]:
    return alike.title(name), mode, visibility


def _marker(one: Mapping[str, Any], marker_field: str) -> str:
    for entry in one.get("custom_field_entries", ()):
        if entry["custom_field"]["id"] == marker_field and entry["values"]:
            return str(entry["values"][0].get("value_text", "")).strip()
    return ""


def _by_marker(marked: Sequence[Mapping[str, Any]]) -> Match | None:
    match marked:
        case []:
            return None
        case [one]:
            return Matched(one, "marker")
        case _:
            return Ambiguous(tuple(marked), "several carry this marker")


def _by_look(claim: Claim, alike: Sequence[Mapping[str, Any]], *, adopt: bool) -> Match:
    candidates = [
        one
        for one in alike
        if not {one["id"], one["reference"], one["reference"].rpartition("-")[2]} & set(claim.not_these)
    ]
    match candidates:
        case [one] if "api_key" in one["creator"]:
            return Matched(one, "look-alike") if adopt else Absent()
        case []:
            return Absent()
        case [_]:
            return Ambiguous(tuple(candidates), "a person declared one that looks the same") if adopt else Absent()
        case _:
            return Ambiguous(tuple(candidates), "several look the same") if adopt else Absent()
