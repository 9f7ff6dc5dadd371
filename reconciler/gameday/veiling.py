"""What is wrong with a game day in, the same without texts of its private incidents out: CI logs show it. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.gameday.filling import PLACEHOLDER
from reconciler.kinds.schema.gameday import ACTS, VERBS
from reconciler.model import Key, Manifest
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from typing import Any

    from reconciler.documents import Document
    from reconciler.errors import Problem
    from reconciler.gameday.events import Planned
    from reconciler.gameday.script import GameDay
    from reconciler.gameday.templates import Templates

WORD = "private"
"""What stands for a value that is not told."""
TO_THE_HOST = frozenset({"note", "pause"})
"""Verbs of steps whose words are for the host alone, and of no incident."""
OPEN = frozenset({"incident", "role", "within", "custom_field"})
"""What a step says of a private incident that does not tell what it is about."""


def without_texts(problems: Iterable[Problem], document: Document, templates: Templates) -> list[Problem]:
    """Return the problems; none quotes what a step says of a private incident, nor what its template does."""
    told = list(problems)
    private = [one for one in templates.incidents.values() if one.spec.get("visibility") == "private"]
    if not private:
        return told
    names = [name for one in private for name in (one.name, one.group)]
    texts = [*(one.spec for one in private), *_said(document.value["spec"], names)]
    return discreet.told(told, Manifest(Key("GameDay", ""), {}, {"visibility": "private", "texts": texts}, document))


def parameters(spec: Mapping[str, Any], templates: Templates) -> frozenset[str]:
    """Return the parameters that private incidents are filled with, and what script and cast say of them.

    `spec` is that of the game day as it is written.
    """
    private = [one for one in templates.incidents.values() if one.spec.get("visibility") == "private"]
    names = {name for one in private for name in (one.name, one.group) if name}
    written = [spec["incidents"][name] for name in {one.group or one.name for one in private}]
    text = json.dumps([written, list(_said(spec, names))])
    found = PLACEHOLDER.finditer(text)
    return frozenset(one["name"] for one in found if one["scope"] == "param" and not one["escape"] and one["name"])


def kept(day: GameDay, steps: Iterable[Planned]) -> tuple[Planned, ...]:
    """Return the steps as a journal keeps them: a note tells nothing of what fills private incidents alone."""
    public = [one.spec for one in day.incidents.values() if one.spec.get("visibility") != "private"]
    elsewhere = json.dumps([day.title, *public], ensure_ascii=False)
    values = [_line(one.value) for one in day.parameters if one.is_private and isinstance(one.value, str)]
    hidden = [one for one in sorted(values, key=len, reverse=True) if one and one not in elsewhere]
    return tuple(_without(one, hidden) if one.verb in TO_THE_HOST else one for one in steps)


def _without(step: Planned, texts: Iterable[str]) -> Planned:
    told = step.text
    for text in texts:
        told = told.replace(text, WORD)
    return replace(step, text=told)


def _line(text: str) -> str:
    return " ".join(text.split())


def _said(spec: Mapping[str, Any], names: Collection[str]) -> Iterator[Any]:
    """Yield what script and cast say of some incidents, as far as they are written as they should be."""
    rows = [row for part in ("script", "cast") if isinstance(spec.get(part), list) for row in spec[part]]
    for row in rows:
        for verb in {*VERBS, *ACTS} & row.keys() if isinstance(row, dict) else ():
            if isinstance(said := row[verb], dict) and said.get("incident") in names:
                yield {name: value for name, value in said.items() if name not in OPEN}
