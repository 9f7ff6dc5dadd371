"""A game day and the steps that were carried out so far → the manifests that they come to. Pure.

At every moment the desired state is the incidents declared so far, with each step applied in order.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.documents import Document
from reconciler.gameday.script import Assign, Declare, Set, Timeline, Update
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import TIMELINE, UPDATE, ends_with
from reconciler.model import Key, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.gameday.script import GameDay, Step
    from reconciler.model import Source

MAPS = frozenset({"custom_fields", "roles", "timestamps"})
"""Fields that are stated part by part."""
MOVES = ("status", "severity")
"""What updates may carry: stated beside them, so that the last of all steps counts."""
ALWAYS = frozenset({"name", "mode", "visibility", "notify_channel", "on_remove"})
"""What is stated of an incident whatever a step names."""


def key_of(incident: str) -> Key:
    """Return who an incident of a script is."""
    return Key(INCIDENT.name, incident)


def manifests(day: GameDay, applied: Sequence[Step], run_id: str, dated: Callable[[Step], str]) -> dict[str, Manifest]:
    """Return the manifest of each incident that is declared among `applied`, by its name in the script.

    `dated` tells when a timeline item happened, as RFC 3339 text. Steps on what is not declared are left out.
    """
    specs: dict[str, dict[str, Any]] = {}
    places: dict[str, Source] = {}
    for step in applied:
        name = step.incident
        if isinstance(step.deed, Declare):
            template = day.incidents[name]
            # What a run declared is closed when the run is over, whatever becomes of its file.
            specs[name] = {**template.spec, "on_remove": "close"}
            places[name] = template.source
        elif name in specs:
            specs[name] = _with(specs[name], step, dated)
            places[name] = step.source
    return {name: _manifest(name, spec, run_id, places[name]) for name, spec in specs.items()}


def _with(spec: Mapping[str, Any], step: Step, dated: Callable[[Step], str]) -> dict[str, Any]:
    """Return a spec with one more step."""
    match step.deed:
        case Set(_, fields):
            return _merged(_as_declared(spec, fields), fields)
        case Assign(_, role, to):
            return _merged(spec, {"roles": {role: to}})
        case Update(_, id, fields):
            moves = {name: fields[name] for name in MOVES if name in fields}
            posted = [*spec.get(UPDATE.listed, ()), {"id": id, **fields}]
            return {**_as_declared(spec, moves), UPDATE.listed: posted, **moves}
        case Timeline(_, id, fields):
            item = {"at": dated(step), **fields, "id": id}
            return {**spec, TIMELINE.listed: [*spec.get(TIMELINE.listed, ()), item]}
    return dict(spec)


def _as_declared(spec: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """Return a spec that says what the incident was declared with, where fields are about to say something else."""
    changed = [name for name in MOVES if name in fields and name in spec and name not in spec.get("declare_as", {})]
    carried = {name for update in spec.get(UPDATE.listed, ()) for name in MOVES if name in update}
    kept = {name: spec[name] for name in changed if name == "severity" or name not in carried}
    return {**spec, "declare_as": {**spec.get("declare_as", {}), **kept}} if kept else dict(spec)


def _merged(spec: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec with fields written over it; of maps only the parts that they have."""
    told = {
        name: {**(spec.get(name) or {}), **value} if name in MAPS and isinstance(value, dict) else value
        for name, value in fields.items()
    }
    return {**spec, **told}


def _manifest(name: str, spec: Mapping[str, Any], run_id: str, source: Source) -> Manifest:
    # The place of a step is as near as a message can get: its fields come from several.
    marks = array("I", (max(source.line - 1, 0), max(source.column - 1, 0), 1))
    metadata = {"name": name, "generation": run_id}
    return Manifest(key_of(name), metadata, spec, Document({}, source.file, marks))


def named(steps: Iterable[Step]) -> frozenset[str]:
    """Return the fields of an incident that steps name: these they write, whatever people made of them."""
    return frozenset(name for step in steps for name in _fields(step))


def _fields(step: Step) -> Collection[str]:
    match step.deed:
        case Set(_, fields):
            return fields.keys()
        case Assign():
            return ("roles",)
        case Update(_, _, fields):
            return [name for name in MOVES if name in fields]
    return ()


def narrowed(manifest: Manifest, steps: Sequence[Step], is_known: Callable[[Key], bool]) -> Manifest:
    """Return a manifest that says no more of an incident than some steps name, and which of its parts there are.

    So each step writes what it names, once. `is_known` tells of updates and timeline items whether they were made:
    those that were are stated, as only then the others can be told from them.
    """
    spec, fields = manifest.spec, named(steps)
    own = {step.deed.id for step in steps if isinstance(step.deed, Update | Timeline)}
    said: dict[str, Any] = {name: spec[name] for name in spec if name in ALWAYS or name in fields}
    for name in fields & MAPS:
        parts = _parts(name, steps)
        said[name] = {part: value for part, value in (spec.get(name) or {}).items() if part in parts}
    for table in (UPDATE, TIMELINE):
        said[table.listed] = [
            item
            for item in spec.get(table.listed, ())
            if item["id"] in own or is_known(manifest.key.of(table.noun, item["id"]))
        ]
    for name in MOVES:
        if ends_with(said, name) is not None and name in spec:
            said[name] = spec[name]
    return replace(manifest, spec={name: value for name, value in said.items() if value != []})


def _parts(name: str, steps: Iterable[Step]) -> set[str]:
    """Return the parts of a map that steps name."""
    parts: set[str] = set()
    for step in steps:
        match step.deed:
            case Assign(_, role) if name == "roles":
                parts.add(role)
            case Set(_, fields) if name in fields:
                parts |= set(fields[name] or ())
    return parts
