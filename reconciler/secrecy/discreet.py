"""What is wrong with a manifest in, the same without texts of a private incident out: CI logs show it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.errors import Problem
    from reconciler.model import Manifest

OPEN = frozenset({"status", "severity", "type", "mode", "visibility", "at"})
"""Fields that tell how an incident stands and not what it is about."""
SUGGESTION = "; did you mean "


def told(problems: Iterable[Problem], manifest: Manifest) -> list[Problem]:
    """Return the problems of a manifest; those of a private incident quote none of its texts, their places do."""
    if manifest.spec.get("visibility") != "private":
        return list(problems)
    # The longest first: one may be part of another.
    texts = sorted(set(_texts(manifest.spec)), key=len, reverse=True)
    return [_without(one, texts) for one in problems]


def _without(problem: Problem, texts: Iterable[str]) -> Problem:
    quoted = next((f"`{text}`" for text in texts if f"`{text}`" in problem.message), "")
    if not quoted:
        return problem
    # What a text is close to tells what it is.
    message = problem.message.replace(quoted, "this value").split(SUGGESTION)[0]
    return replace(problem, message=message, hint="" if "{id: " in problem.hint else problem.hint)


def _texts(value: Any, name: str = "") -> Iterator[str]:
    """Yield each text below a value as messages may quote it."""
    match value:
        case dict():
            for below, item in value.items():
                yield from _texts(item, str(below))
        case list():
            for item in value:
                yield from _texts(item, name)
        case None | bool():
            return
        case _ if name not in OPEN and name != "id":
            yield from {str(value), str(value).strip()} - {""}
