"""What authors do meanwhile: one change of the manifests, always to something that is valid; it says what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.torture import members, names, observed, removed
from tests.torture.generate import LEARNING, LIVE, METHODS, PEOPLE, SENTENCES, SEVERITIES, drawn, incidents, names_of

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.torture.generate import Scene

Json = dict[str, Any]


def change(scene: Scene, chance: random.Random) -> str:
    """Change one thing, and say what; nothing where that was not possible."""
    doing: Callable[[Scene, random.Random], str] = chance.choice(DEEDS)
    return doing(scene, chance)


def _one(scene: Scene, chance: random.Random) -> Json:
    return chance.choice(scene.of("Incident"))


def _next(items: list[Json], letter: str) -> str:
    return f"{letter}{1 + max((int(item['id'][1:]) for item in items), default=-1)}"


def _append(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    carried = one["spec"].setdefault("updates", [])
    carried.append({"id": _next(carried, "u"), "message": chance.choice(SENTENCES)})
    return f"append update {carried[-1]} to {one['metadata']['name']}"


def _stage(status: str | None) -> int:
    return 2 if status == "Closed" else 1 if status in LEARNING else 0


def _append_move(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    spec = one["spec"]
    if _stage(observed.ends_with(spec, "status")):
        return ""
    carried = spec.setdefault("updates", [])
    moved: Json = {"id": _next(carried, "u")}
    if chance.random() < 0.8:
        moved["message"] = chance.choice(SENTENCES)
    name = chance.choice(["status", "severity"])
    moved[name] = chance.choice(LIVE if name == "status" else SEVERITIES)
    if name == "severity":
        spec[name] = moved[name]
    else:
        spec.pop(name, None)
    carried.append(moved)
    return f"append update {moved} to {one['metadata']['name']}"


def _say(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    name = chance.choice(["summary", "name", "call_url", "custom_fields", "notify_channel"])
    spec = one["spec"]
    match name:
        case "summary":
            spec[name] = chance.choice(SENTENCES)
        case "name":
            spec[name] = f"Now {chance.choice(['slow', 'wrong', 'gone'])} {one['metadata']['name']}"
        case "call_url":
            spec[name] = f"https://meet.example.com/{chance.randint(1, 99)}"
        case "custom_fields":
            fields = {"Customers affected": chance.randint(1, 99), "Detection method": chance.choice(METHODS)}
            wanted = chance.choice(sorted(fields))
            spec[name] = {**spec.get(name, {}), wanted: fields[wanted]}
        case _:
            spec[name] = not spec.get(name, False)
    return f"write {name}: {spec[name]!r} into {one['metadata']['name']}"


def _move(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    spec = one["spec"]
    if any("status" in update for update in spec.get("updates", ())):
        return ""
    before = _stage(spec.get("status"))
    spec["status"] = chance.choice(
        ["Closed"] if before == 2 else [*LEARNING, "Closed"] if before else [*LIVE, "Closed"]
    )
    return f"write status: {spec['status']} into {one['metadata']['name']}"


def _grade(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    if any("severity" in update for update in one["spec"].get("updates", ())):
        return ""
    one["spec"]["severity"] = chance.choice(SEVERITIES)
    return f"write severity: {one['spec']['severity']} into {one['metadata']['name']}"


def _assign(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    one["spec"].setdefault("roles", {})["Incident Lead"] = chance.choice(PEOPLE)
    return f"write roles: {one['spec']['roles']} into {one['metadata']['name']}"


def _happen(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    items = one["spec"].setdefault("timeline", [])
    number = _next(items, "t")
    items.append({"id": number, "at": f"2026-11-20T0{chance.randint(1, 9)}:00:00Z", "title": f"Happened {number}"})
    return f"add timeline item {number} to {one['metadata']['name']}"


def _retitle(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    items = one["spec"].get("timeline")
    if not items:
        return ""
    item = chance.choice(items)
    item["title"] = f"Retitled {item['id']} {chance.randint(1, 99)}"
    return f"retitle timeline item {item['id']} of {one['metadata']['name']}"


def _add(scene: Scene, chance: random.Random) -> str:
    name = f"late{len(scene.manifests)}"
    if names.current(scene, "Incident", name):
        return ""
    statuses, severities = LIVE + names_of(scene, "IncidentStatus"), SEVERITIES + names_of(scene, "Severity")
    scene.manifests[f"Incident/{name}"] = drawn(incidents(name, statuses, severities), chance.randrange(2**32))
    return f"add incident {name}"


def _remove(scene: Scene, chance: random.Random) -> str:
    found = scene.of("Incident")
    if len(found) == 1:
        return ""
    name = removed.chosen(found, chance)["metadata"]["name"]
    del scene.manifests[f"Incident/{name}"]
    return f"remove incident {name}"


def _reword(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    carried = [update for update in one["spec"].get("updates", ()) if "message" in update]
    if not carried:
        return ""
    update = chance.choice(carried)
    update["message"] = f"Reworded {chance.randint(1, 99)}."
    return f"reword update {update['id']} of {one['metadata']['name']}"


def _rename_option(scene: Scene, chance: random.Random) -> str:
    found = names.current(scene, "CustomField", "blast-radius")
    if not found:
        return ""
    options = found["spec"]["options"]
    options[chance.randrange(len(options))] = f"Option {chance.randint(1, 999)}"
    return f"write options: {options}"


def _swap_ranks(scene: Scene, chance: random.Random) -> str:
    kind = chance.choice(["Severity", "IncidentStatus"])
    found = scene.of(kind)
    if len(found) < 2:
        return ""
    one, other = (manifest["spec"] for manifest in found[:2])
    one["rank"], other["rank"] = other["rank"], one["rank"]
    return f"swap the ranks of {kind}"


def _describe(scene: Scene, chance: random.Random) -> str:
    found = [one for one in scene.manifests.values() if "description" in one["spec"]]
    if not found:
        return ""
    one = chance.choice(found)
    one["spec"]["description"] = chance.choice(SENTENCES)
    return f"describe {one['kind']}/{one['metadata']['name']} as {one['spec']['description']!r}"


def _ask_silence(scene: Scene, chance: random.Random) -> str:
    """Take a field out: silence means leave alone."""
    one = _one(scene, chance)
    stated = [name for name in ("summary", "call_url", "custom_fields", "roles") if name in one["spec"]]
    if not stated:
        return ""
    name = chance.choice(stated)
    del one["spec"][name]
    return f"take {name} out of {one['metadata']['name']}"


def _raise_generation(scene: Scene, chance: random.Random) -> str:
    one = _one(scene, chance)
    metadata = one["metadata"]
    metadata["generation"] = str(1 + int(metadata.get("generation", "1")))
    metadata.pop("id", None)
    return f"raise the generation of {metadata['name']} to {metadata['generation']}"


def _remove_configuration(scene: Scene, chance: random.Random) -> str:
    removable = (("IncidentRole", "scribe"), ("CustomField", "blast-radius"))
    found = [one for kind, name in removable if (one := names.current(scene, kind, name))]
    if not found:
        return ""
    one = removed.chosen(found, chance)
    key = f"{one['kind']}/{one['metadata']['name']}"
    del scene.manifests[key]
    return f"remove {key}"


DEEDS = (
    *(_append, _append, _append_move, _say, _say, _move, _grade, _happen, _retitle, _add, _remove, _reword),
    *(_rename_option, _swap_ranks, _describe, _assign, _ask_silence, _raise_generation, _remove_configuration),
    *(names.rename_incident, names.rename_incident, names.rename_incident, names.rename_configuration),
    *(members.let_in, members.let_in, members.fall_silent, removed.protect, removed.protect, removed.ask_to_close),
)
