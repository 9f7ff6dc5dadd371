"""The incidents of a game day as written → a template for each incident that they come to, filled in and checked. Pure.

What a template leaves out comes from the workspace's defaults for incidents, but for the mode: that is `test` unless
the game day itself says another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import validate, variables
from reconciler.errors import Problem
from reconciler.gameday.filling import as_written
from reconciler.gameday.names import slug
from reconciler.gameday.script import Template
from reconciler.kinds import KINDS
from reconciler.kinds.schema import NAME, NAMING
from reconciler.kinds.schema import gameday as schema
from reconciler.model import Key, Manifest
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.documents import Document
    from reconciler.gameday.filling import Filling
    from reconciler.model import Source

FILLED_IN = {"mode": "test"}
"""What an incident of a game day is unless it says otherwise."""
NO_DEFAULTS = frozenset({"mode", "on_remove"})
"""Defaults of the workspace that are for manifests alone."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The incidents that a script may declare; `groups` are the names of those of each `for_each`, in order."""

    incidents: Mapping[str, Template] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    """Names of which it cannot be told what they stand for."""
    unsure: frozenset[str] = frozenset()
    """Incidents with something wrong in what they say."""

    @property
    def names(self) -> list[str]:
        """Return what a step may be about."""
        return [*self.groups, *(name for name, one in self.incidents.items() if not one.group)]

    def of(self, name: str) -> tuple[str, ...]:
        """Return the incidents that a name stands for; none where there is no such name."""
        return self.groups.get(name) or ((name,) if name in self.incidents else ())


@dataclass(slots=True)
class Making:
    """Makes templates of the incidents of one document, and adds to `problems` what is wrong with them.

    `raw` is the document as it was read, `filling` makes what fills in one item of it.
    """

    raw: Document
    defaults: Document | None
    environ: Mapping[str, str]
    filling: Callable[[Mapping[str, Any] | None], Filling]
    problems: list[Problem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)

    def templates(self) -> Templates:
        """Return the templates, each once; those that are wrong are left as they are."""
        incidents: dict[str, Template] = {}
        groups: dict[str, tuple[str, ...]] = {}
        for name, spec in self.raw.value["spec"]["incidents"].items():
            if isinstance(spec, dict):
                made = list(self._made(name, spec))
                self.broken |= set() if made else {name}
                groups |= {name: tuple(one.name for one in made)} if "for_each" in spec else {}
                for one in made:
                    self._claim(one, name, incidents)
        return Templates(incidents, groups, frozenset(self.broken), frozenset(self.unsure))

    def _claim(self, one: Template, written: str, incidents: dict[str, Template]) -> None:
        """Keep a template under its name, if that can be one and no other has it."""
        place = self.raw.key_at("spec", "incidents", written)
        kept = incidents.setdefault(one.name, one)
        if not re.fullmatch(NAME, one.name):
            self._refuse(written, place, f"`{one.name}` cannot be a name", NAMING)
        elif kept is not one:
            told = f"two incidents would be called `{one.name}`"
            self._refuse(written, place, told, "change one of the items, or the name")

    def _refuse(self, written: str, place: Source, message: str, hint: str) -> None:
        """Add a problem that leaves it open what a name stands for."""
        self.problems.append(Problem(place, message, hint))
        self.broken.add(written)

    def _made(self, name: str, spec: Mapping[str, Any]) -> Iterator[Template]:
        """Yield the one template that is written, or one for each item of its `for_each`."""
        if "for_each" not in spec:
            yield self._template(name, name, None)
            return
        for item, each in self._items(name, spec["for_each"]):
            yield self._template(f"{name}-{item}", name, each)

    def _items(self, name: str, written: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what each item of a `for_each` is called, and what it fills in; none where it is no `for_each`."""
        path = ("spec", "incidents", name, "for_each")
        written = self.filling(None).filled(written, path)
        if against := list(self._against(name, {"name": "…", "for_each": written}, None)):
            self.problems += against
            return
        items = [{"number": number} for number in range(1, written["count"] + 1)] if "count" in written else written
        seen: dict[str, Source] = {}
        for number, item in enumerate(items, 1):
            called = slug(item) if isinstance(item, str) else str(number)
            place = self.raw.at(*path, number - 1)
            if called in seen or not called:
                told = f"`{item}` makes the same name as another item" if called else f"`{item}` makes no name"
                self._refuse(name, place, told, "a name takes a-z, 0-9 and - of its item")
            else:
                seen[called] = place
                yield called, {"number": number, **({"value": item} if isinstance(item, str) else item)}

    def _template(self, name: str, written: str, each: Mapping[str, Any] | None) -> Template:
        """Return one template, filled in and checked."""
        path = ("spec", "incidents", written)
        filling = self.filling(each)
        raw = {key: one for key, one in self.raw.value["spec"]["incidents"][written].items() if key != "for_each"}
        stated = {name: _as_text(name, raw[name], one) for name, one in filling.filled(raw, path).items()}
        self.problems += filling.problems
        spec = {**FILLED_IN, **self._of_defaults(), **stated}
        against = list(self._against(written, spec, raw))
        document = self.raw.part(*path)
        template = Template(name, spec, self.raw.key_at(*path), written if each is not None else "", document)
        manifest = Manifest(Key("Incident", name), {"name": name}, spec, document, self.defaults)
        if not against:
            against = list(KINDS["Incident"].check(manifest))
        if against or filling.problems:
            self.unsure.add(name)
        self.problems += discreet.told(against, manifest)
        return template

    def _of_defaults(self) -> Mapping[str, Any]:
        """Return what the workspace has incidents be where they leave it out."""
        stated = self.defaults.value["spec"]["defaults"].get("Incident", {}) if self.defaults else {}
        filling = variables.Filling(self.environ, partial(self._at_default, "defaults"))
        filled = filling.fields({name: one for name, one in stated.items() if name not in NO_DEFAULTS}, "Incident")
        self.problems += filling.problems
        return filled

    def _at_default(self, *path: str | int) -> Source:
        assert self.defaults is not None
        return self.defaults.at("spec", *path)

    def _against(self, written: str, spec: Mapping[str, Any], raw: Mapping[str, Any] | None) -> Iterator[Problem]:
        """Yield what the schema has against an incident: at what is written, or at the default that it comes from."""
        for fault in validate.faults({"spec": {"incidents": {written: spec}}}, _SCHEMA):
            path: Sequence[str | int] = fault.path
            if self.defaults and raw is not None and len(path) > _DEPTH and path[_DEPTH] not in raw:
                document, path = self.defaults, ("spec", "defaults", "Incident", *path[_DEPTH:])
            else:
                document = self.raw
            told = as_written(fault, self.raw.value)
            yield Problem(document.key_at(*path) if told.of_key else document.at(*path), told.message, told.hint)


def _as_text(name: str, raw: Any, value: Any) -> Any:
    """Return what was filled in as a text where nothing else can stand, such as the number of an item for a title."""
    is_number = isinstance(raw, str) and isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if name in {"name", "summary"} and is_number else value


_DEPTH = 3
"""How many names lead to a field's: `spec`, `incidents`, and the incident's."""
_SCHEMA = {
    "properties": {"spec": {"properties": {"incidents": {"additionalProperties": schema.template()}}}},
}
