"""What manifests are called meanwhile: authors who rename them, whose a key is, and hints that lead nowhere.

A manifest's later names begin with its first one, so that whatever is called something tells which manifest it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.identity import idempotency_key
from reconciler.model import Key

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterable, Mapping

    from tests.torture.generate import Scene

Json = dict[str, Any]

LATER = "-as-"
NOUNS = ("update", "timeline")
NOWHERE = re.compile(r"`was: [^`]+` leads nowhere: (?:neither|none of) [^`]+? (?:nor|and) (\w+/\S+) is managed")


def first(name: str) -> str:
    """Return what a manifest was called first, whatever it is called by now."""
    return name.partition(LATER)[0]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose an idempotency key is by its text: the name that it was made for, the generation, the child's ID."""

    name: str
    generation: str
    child: str = ""

    @classmethod
    def of(cls, key: str) -> Whose:
        """Return whose a key is; names and generations of the torture hold no dots."""
        name, generation, child = (*key.rpartition("-")[0].split("."), "")[:3]
        return cls(name, generation, child)

    @property
    def incident(self) -> tuple[str, str]:
        """Return which incident it is, whatever it was called: the first name, and the generation."""
        return first(self.name), self.generation

    def keys(self, namespace: str) -> Iterable[str]:
        """Return what its key can read, as the design says how it is made."""
        nouns = [(noun, self.child) for noun in NOUNS] if self.child else [()]
        return [idempotency_key(namespace, Key("Incident", self.name, child), self.generation) for child in nouns]


def current(scene: Scene, kind: str, name: str) -> Json | None:
    """Return the manifest that was first called so; None where it was taken out."""
    return next((one for one in scene.of(kind) if first(one["metadata"]["name"]) == name), None)


def rename_incident(scene: Scene, chance: random.Random) -> str:
    """Rename the manifest of an incident, now and then back, or twice before anybody applies it."""
    one = chance.choice(scene.of("Incident"))
    told = [_rename(scene, one, chance) for _ in range(chance.choice([1, 1, 1, 1, 2]))]
    return "; ".join(filter(None, told))


def rename_configuration(scene: Scene, chance: random.Random) -> str:
    """Rename the manifest of something that the organisation has, and not the thing."""
    found = [one for one in scene.manifests.values() if one["kind"] != "Incident"]
    return _rename(scene, chance.choice(found), chance) if found else ""


def _rename(scene: Scene, one: Json, chance: random.Random) -> str:
    metadata = one["metadata"]
    old, begin = metadata["name"], first(metadata["name"])
    new = begin if old != begin and chance.random() < 0.3 else f"{begin}{LATER}{chance.randint(1, 9)}"
    if new == old:
        return ""
    chain = list(dict.fromkeys((*before(one), old)))
    metadata["was"] = chain if len(chain) > 1 and chance.random() < 0.6 else old
    call(scene, one, new)
    return f"rename {one['kind']}/{old} to {new}"


def before(one: Json) -> list[str]:
    """Return what a manifest says that it was called, oldest first."""
    told = one["metadata"].get("was", [])
    return [told] if isinstance(told, str) else told


def call(scene: Scene, one: Json, name: str) -> None:
    """Let a manifest have another name, at its place among the others."""
    one["metadata"]["name"] = name
    manifests = {f"{each['kind']}/{each['metadata']['name']}": each for each in scene.manifests.values()}
    scene.manifests.clear()
    scene.manifests.update(manifests)


def led_nowhere(text: str) -> list[str]:
    """Return the manifests whose `was` led nowhere, by what a command said."""
    return list(dict.fromkeys(NOWHERE.findall(text)))


def known(resources: Iterable[str], path: str) -> list[str]:
    """Return the names that state has for a manifest, of all that it was ever called."""
    kind, _, name = path.partition("/")
    found = [one.split("/") for one in resources if one.startswith(f"{kind}/{first(name)}")]
    return [one[1] for one in found if len(one) == 2 and first(one[1]) == first(name)]


def mend(scene: Scene, paths: Iterable[str], made: Mapping[tuple[str, str], Json], resources: Collection[str]) -> str:
    """Do what the hint says where a `was` led nowhere: correct it, name the incident, or take it out where none is.

    `made` are the incidents there are, by what they were first called and the generation; `resources` what state has.
    """
    told = []
    for path in paths:
        one = scene.manifests[path]
        metadata, managed = one["metadata"], known(resources, path)
        there = made.get((first(metadata["name"]), metadata.get("generation", "1")))
        if managed:
            metadata["was"] = managed[0]
            told.append(f"correct was: {managed[0]} of {metadata['name']}")
        elif one["kind"] == "Incident" and there:
            metadata["id"] = there["reference"]
            told.append(f"write id: {there['reference']} into {metadata['name']}")
        else:
            del metadata["was"]
            told.append(f"take was out of {metadata['name']}")
    return "; ".join(told)
