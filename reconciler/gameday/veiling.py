"""What is wrong with a game day in, the same without texts of its private incidents out: CI logs show it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday.script import Expect, Set, Task, Timeline, Update
from reconciler.model import Key, Manifest
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from reconciler.errors import Problem
    from reconciler.gameday.script import GameDay


def without_texts(problems: Iterable[Problem], day: GameDay) -> list[Problem]:
    """Return the problems; none quotes what a step says of a private incident, nor what its template does."""
    told = list(problems)
    private = {name for name, one in day.incidents.items() if one.spec.get("visibility") == "private"}
    said = [_said(one.deed) for one in day.doings if one.incident in private]
    if not private or day.document is None:
        return told
    specs = [day.incidents[name].spec for name in private]
    spec = {"visibility": "private", "said": [*said, *specs]}
    return discreet.told(told, Manifest(Key("GameDay", day.name), {}, spec, day.document))


def _said(deed: Any) -> Any:
    """Return the texts of a step that tell what an incident is about."""
    match deed:
        case Set() | Update() | Timeline():
            return deed.fields
        case Task():
            return deed.text
        case Expect():
            return getattr(deed.condition, "matches", "")
        case _:
            return ""
