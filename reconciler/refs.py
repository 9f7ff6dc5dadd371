"""Follow `Ref`s: find those that a value holds at any depth, and put IDs in their place. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.model import Key, Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import Request

IN_PATH = re.compile(r"\{([^{}#]+)#id\}")


def in_path(owner: Ref | str) -> str:
    """Return an ID as it stands in a request's path: itself, or `{Kind/name#id}`."""
    return owner if isinstance(owner, str) else f"{{{owner}}}"


def find(value: Any) -> Iterator[Ref]:
    """Yield every `Ref` of a value, however deep."""
    match value:
        case Ref():
            yield value
        case dict():
            for item in value.values():
                yield from find(item)
        case list() | tuple():
            for item in value:
                yield from find(item)


def mentions(value: Any, identifier: str) -> bool:
    """Return whether a value holds an ID, however deep."""
    match value:
        case dict():
            return any(mentions(item, identifier) for item in value.values())
        case list() | tuple():
            return any(mentions(item, identifier) for item in value)
        case _:
            return bool(value == identifier)


def of_request(request: Request) -> Iterator[Ref]:
    """Yield every `Ref` of a request: those of its path, then those of its body."""
    for text in IN_PATH.findall(request.path):
        yield Ref(Key.parse(text))
    yield from find(request.body)


def replace(value: Any, ids: Mapping[Key, str]) -> Any:
    """Return a value with each `Ref` replaced by its ID; raises `KeyError` for one that has none."""
    match value:
        case Ref(key):
            return ids[key]
        case dict():
            return {name: replace(item, ids) for name, item in value.items()}
        case list() | tuple():
            return type(value)([replace(item, ids) for item in value])
        case _:
            return value


def replace_in_path(path: str, ids: Mapping[Key, str]) -> str:
    """Return a request's path with each `{Kind/name#id}` replaced by its ID; raises `KeyError`."""
    return IN_PATH.sub(lambda found: ids[Key.parse(found[1])], path)


def written(value: Any) -> Any:
    """Return a value with each `Ref` as plans write it: `{"$ref": "Severity/sev0#id"}`."""
    match value:
        case Ref():
            return {"$ref": str(value)}
        case dict():
            return {name: written(item) for name, item in value.items()}
        case list() | tuple():
            return [written(item) for item in value]
        case _:
            return value
