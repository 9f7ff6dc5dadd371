"""What is wrong with a game day in, the same without texts of its private incidents out: CI logs show it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.schema.gameday import ACTS, VERBS
from reconciler.model import Key, Manifest
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from reconciler.documents import Document
    from reconciler.errors import Problem
    from reconciler.gameday.templates import Templates

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


def _said(spec: dict[str, Any], names: list[str]) -> Iterator[Any]:
    """Yield what script and cast say of some incidents, as far as they are written as they should be."""
    rows = [row for part in ("script", "cast") if isinstance(spec.get(part), list) for row in spec[part]]
    for row in rows:
        for verb in {*VERBS, *ACTS} & row.keys() if isinstance(row, dict) else ():
            if isinstance(said := row[verb], dict) and said.get("incident") in names:
                yield {name: value for name, value in said.items() if name not in OPEN}
