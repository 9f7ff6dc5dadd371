"""The file of a game day → the game day, with everything filled in and written out. Reads files, writes none."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import documents, validate
from reconciler.errors import Invalid, Misused, Problem
from reconciler.gameday import checking, parameters, schedule, veiling
from reconciler.gameday.facts import Facts, of_workspace
from reconciler.gameday.filling import Filling, as_written
from reconciler.gameday.script import DEFAULT_CATCH_UP, GameDay, Parameter
from reconciler.gameday.spans import seconds
from reconciler.gameday.steps import Writing
from reconciler.gameday.templates import Making, Templates
from reconciler.includes import Includes
from reconciler.kinds.schema import of_game_day
from reconciler.kinds.schema.gameday import GAME_DAY
from reconciler.paths import is_yaml, shown
from reconciler.secrecy import leaks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.documents import Document
    from reconciler.workspace import Workspace


def read(path: str, workspace: Workspace, given: Mapping[str, str], *, run_id: str = "") -> GameDay:
    """Return the game day of a file; `given` are texts of `--set` by the parameters' names.

    Without a `run_id` each `${run:id}` stays as it stands. Raises `Invalid` with every problem of the file, `Misused`
    where there is no file or not exactly one game day in it, and for what is given and cannot be.
    """
    document = _document(path, workspace)
    surroundings = Surroundings(workspace.environ, workspace.defaults, of_workspace(workspace), workspace.keys())
    return written_out(document, surroundings, given, run_id)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a game day is read beside: the environment, the workspace's document with defaults, what it declares."""

    environ: Mapping[str, str]
    defaults: Document | None = None
    facts: Facts = field(default_factory=Facts)
    keys: Collection[str] = ()
    """API keys, which no text may hold."""


def problems(document: Document, surroundings: Surroundings) -> tuple[Problem, ...]:
    """Return everything that is wrong with a game day, whatever its parameters will be."""
    try:
        written_out(document, surroundings, None)
    except Invalid as invalid:
        return invalid.problems
    return ()


def written_out(
    document: Document, surroundings: Surroundings, given: Mapping[str, str] | None, run_id: str = ""
) -> GameDay:
    """Return the game day that a document is; without `given`, something stands in for parameters without a default.

    Raises `Invalid` with every problem, and `Misused` for what is given and cannot be.
    """
    reading = _Reading(document, surroundings, run_id)
    day = reading.game_day(given)
    if reading.problems or day is None:
        raise Invalid(reading.problems)
    return day


@dataclass(slots=True)
class _Reading:
    """One reading of one document, and what is wrong with it."""

    raw: Document
    surroundings: Surroundings
    run_id: str
    problems: list[Problem] = field(default_factory=list)
    parameters: tuple[Parameter, ...] = ()
    used: set[str] = field(default_factory=set)

    def game_day(self, given: Mapping[str, str] | None) -> GameDay | None:
        """Return the game day; None where it is too wrong to tell."""
        if not _has_spec(self.raw):
            self.problems += validate.of_document(self.raw, _ENVELOPE)
            return None
        self.problems += leaks.within(self.raw.value, self.surroundings.keys, self.raw.at)
        self._value_parameters(given)
        document = self._filled()
        templates = self._templates()
        wrong = {one.source for one in self.problems}
        against = list(_against(document, self.raw))
        # What is against a value that could not be filled in is its consequence.
        self.problems += [one for one in against if one.source not in wrong]
        if against:
            self.problems = veiling.without_texts(self.problems, document, templates)
            return None
        self.problems += self._unused_parameters()
        writing = Writing(document, templates)
        steps, acts = writing.steps(), writing.acts()
        self.problems += writing.problems
        day = self._made(document, templates, steps, acts)
        if not (writing.problems or templates.broken):
            self.problems += self._checked(day, templates.unsure)
        self.problems = veiling.without_texts(self.problems, document, templates)
        return day

    def _checked(self, day: GameDay, unsure: Collection[str]) -> list[Problem]:
        """Return what is wrong with a script whose every step makes sense by itself."""
        return list(schedule.problems(day)) or list(
            checking.problems(day, schedule.timetable(day), self.surroundings.facts, unsure)
        )

    def _value_parameters(self, given: Mapping[str, str] | None) -> None:
        """Find the parameters' values; names stand in for their values where the parameters themselves are wrong."""
        declared = self.raw.value["spec"].get("parameters", {})
        wrong = validate.of_document(self.raw, _PARAMETERS) or list(parameters.problems(self.raw))
        if wrong:
            self.problems += wrong
            self.parameters = tuple(Parameter(name, "string", name) for name in _names(declared))
        else:
            self.parameters = parameters.valued(declared, given)

    def _filling(self, each: Mapping[str, Any] | None = None) -> Filling:
        values = {one.name: one.value for one in self.parameters}
        return Filling(self.raw.at, self.surroundings.environ, values, each, self.run_id, self.used)

    def _filled(self) -> Document:
        """Return the document, filled in but for its incidents: these are filled in one by one."""
        filling = self._filling()
        value = {name: one if name == "spec" else filling.filled(one, (name,)) for name, one in self.raw.value.items()}
        for name, part in self.raw.value["spec"].items():
            is_left = name in {"incidents", "parameters"}
            value["spec"] = {**value["spec"], name: part if is_left else filling.filled(part, ("spec", name))}
        self.problems += filling.problems
        if isinstance(value.get("metadata"), dict) and "name" in value["metadata"]:
            # Runs are compared with earlier ones of the same name, so it says the same in each.
            value["metadata"]["name"] = self.raw.value["metadata"]["name"]
        return replace(self.raw, value=value)

    def _templates(self) -> Templates:
        if not isinstance(self.raw.value["spec"].get("incidents"), dict):
            return Templates()
        making = Making(self.raw, self.surroundings.defaults, self.surroundings.environ, self._filling)
        templates = making.templates()
        self.problems += making.problems
        return templates

    def _unused_parameters(self) -> list[Problem]:
        """Return a problem for each parameter that nothing mentions: a typing error, or one that has gone."""
        return [
            Problem(
                self.raw.key_at("spec", "parameters", one.name),
                f"nothing mentions the parameter `{one.name}`",
                f"write `${{param:{one.name}}}` where it belongs, or take it out",
            )
            for one in self.parameters
            if one.name not in self.used
        ]

    def _made(self, document: Document, templates: Templates, steps: Any, acts: Any) -> GameDay:
        metadata, spec = document.value["metadata"], document.value["spec"]
        private = veiling.parameters(self.raw.value["spec"], templates)
        return GameDay(
            name=metadata["name"],
            title=spec["title"],
            description=spec.get("description", ""),
            source=document.source,
            incidents=templates.incidents,
            steps=steps,
            parameters=tuple(replace(one, is_private=one.name in private) for one in self.parameters),
            cast=acts,
            catch_up=seconds(spec["catch_up"]) if "catch_up" in spec else DEFAULT_CATCH_UP,
            digest=self._digest(),
            document=document,
        )

    def _digest(self) -> str:
        """Return what tells whether two runs have one script: all that it says but the ID of the run."""
        filling = self._filling()
        filling.run_id = ""
        defaults = self.surroundings.defaults
        stated = defaults.value["spec"]["defaults"].get("Incident") if defaults else None
        said = [filling.filled(self.raw.value), filling.filled(stated)]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


_WHOLE = of_game_day(is_checking=True)
_ENVELOPE = {**_WHOLE, "properties": {**_WHOLE["properties"], "spec": {"type": "object"}}}
_PARAMETERS = {
    "properties": {"spec": {"properties": {"parameters": _WHOLE["properties"]["spec"]["properties"]["parameters"]}}}
}


def _against(document: Document, raw: Document) -> Iterator[Problem]:
    """Yield what the schema has against a game day that is filled in; beside an unknown key nothing else is missing."""
    found = list(validate.faults(document.value, _WHOLE))
    mistyped = {one.path[:-1] for one in found if one.of_key}
    for one in found:
        if one.of_key or one.path not in mistyped:
            place = document.key_at(*one.path) if one.of_key else document.at(*one.path)
            told = as_written(one, raw.value)
            yield Problem(place, told.message, told.hint)


def _has_spec(document: Document) -> bool:
    return isinstance(document.value, dict) and isinstance(document.value.get("spec"), dict)


def _names(declared: Any) -> list[str]:
    return list(declared) if isinstance(declared, dict) else []


def _document(path: str, workspace: Workspace) -> Document:
    """Return the one document of a file that is a game day."""
    if not os.path.isfile(path):  # noqa: PTH113  (paths stay the texts that people typed)
        told = "this is a folder" if os.path.isdir(path) else "no such file"  # noqa: PTH112  (paths stay texts)
        raise Misused(f"{path}: {told}", "name the file of a game day")
    if not is_yaml(path):
        raise Misused(f"{path}: game days are YAML files, `*.yaml` or `*.yml`")
    name = shown(path)
    include = Includes(os.path.realpath(workspace.root)).at(name)
    found, problems = documents.parse(documents.contents(name, name), name, include)
    if problems:
        raise Invalid(problems)
    days = [one for one in found if isinstance(one.value, dict) and one.value.get("kind") == GAME_DAY]
    if not days:
        raise Misused(f"{path}: there is no game day in this file", f"a game day has `kind: {GAME_DAY}`")
    if len(days) > 1:
        raise Misused(f"{path}: there are {len(days)} game days in this file", "give each a file of its own")
    return days[0]
