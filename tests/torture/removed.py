"""What no manifest declares any more, before an apply, in; that the apply left it alone, or ended it as asked, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.torture import names
from tests.torture.generate import LIVE

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.torture.generate import Scene

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that state knows and no manifest declares."""

    key: str
    id: str
    is_protected: bool
    closes: bool

    @property
    def is_incident(self) -> bool:
        """Tell whether it is an incident, which nobody can delete."""
        return self.key.startswith("Incident/")

    def may_be_sent(self, entry: Json, *, prunes: bool) -> bool:
        """Tell whether a request is what ends it: with `--prune`, and never where it is protected."""
        if not prunes or self.is_protected:
            return False
        if self.is_incident:
            return self.closes and str(entry["path"]).endswith(f"/{self.id}/actions/edit")
        return str(entry["method"]) == "DELETE"


def protect(scene: Scene, chance: random.Random) -> str:
    """Protect one from going with its manifest: for ever, as far as this run is concerned."""
    one = chance.choice(list(scene.manifests.values()))
    one["metadata"]["protect"] = True
    return f"protect {one['kind']}/{one['metadata']['name']}"


def ask_to_close(scene: Scene, chance: random.Random) -> str:
    """Let an incident be closed when its manifest goes."""
    one = chance.choice(scene.of("Incident"))
    one["spec"]["on_remove"] = "close"
    return f"write on_remove: close into {one['metadata']['name']}"


def chosen(found: list[Json], chance: random.Random) -> Json:
    """Choose what to take out, rather what is protected or to be closed then."""
    telling = [one for one in found if one["metadata"].get("protect") or one["spec"].get("on_remove") == "close"]
    return chance.choice(telling or found)


def gone(scene: Scene, resources: dict[str, Json]) -> list[Gone]:
    """Return what is known and not declared, under whatever name; not what a manifest means by its ID."""
    stated = {one["metadata"].get("id") for one in scene.manifests.values()} - {None}
    return [
        Gone(key, one["id"], one.get("protect") == "yes", one.get("on_remove") == "close")
        for key, one in resources.items()
        if key.count("/") == 1 and not _declared(scene, key) and stated.isdisjoint({one["id"], one.get("reference")})
    ]


def _declared(scene: Scene, key: str) -> Json | None:
    """Return the manifest of what state calls so, under whatever name it declares it by now."""
    kind, _, name = key.partition("/")
    return names.current(scene, kind, names.first(name))


def broken(before: Iterable[Gone], seen: Sequence[Json], *, prunes: bool) -> Iterator[str]:
    """Yield each write of an apply to what was not declared when it began, but those that end it."""
    for one in before:
        for entry in seen:
            touches = one.id in entry["path"] and entry["method"] != "GET" and entry["changed"]
            if touches and not one.may_be_sent(entry, prunes=prunes):
                yield f"{one} is declared by nobody, and {entry['method']} {entry['path']} was sent"


def forgotten(before: Iterable[Gone], known: dict[str, Json], status: Callable[[str], str]) -> Iterator[str]:
    """Yield what an apply forgot although it is protected, or before it was closed as was asked."""
    for one in before:
        if one.key not in known:
            if one.is_protected:
                yield f"{one} is protected, and forgotten"
            if one.is_incident and one.closes and status(one.id) in LIVE:
                yield f"{one} is forgotten, and {status(one.id)}"


def lost(scene: Scene, before: dict[str, Json], after: frozenset[str]) -> Iterator[str]:
    """Yield what was known and is declared, and is known no more: `after` are the IDs that an apply left known.

    A manifest that means one by its ID may let go of what it meant before.
    """
    for key, one in before.items():
        declared = _declared(scene, key) if key.count("/") == 1 else None
        if declared and "id" not in declared["metadata"] and one["id"] not in after:
            yield f"{key} was known as {one['id']}, and is forgotten"


def left(before: Iterable[Gone], known: dict[str, Json], told: set[str]) -> Iterator[str]:
    """Yield what applies with `--prune` left of it, where nobody says why."""
    for one in before:
        if not one.is_protected and one.key in known and one.key not in told:
            yield f"{one} is declared by nobody, and still managed"
