"""Manifests and API keys in, a problem at each text that holds one out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from reconciler.model import Manifest, Source

HINT = "take it out, make a new key and revoke this one: whoever can read the file knows it"


def problems(manifests: Iterable[Manifest], keys: Collection[str]) -> Iterator[Problem]:
    """Yield what would send an API key to where everybody reads it, and leave it in state and journal."""
    for manifest in manifests if keys else ():
        for part, value in (("metadata", manifest.metadata), ("spec", manifest.spec)):
            for path in _found(value, keys, ()):
                at = manifest.at(*path) if part == "spec" else manifest.document.at(part, *path)
                yield Problem(at, "this text holds the API key", HINT)


def within(value: Any, keys: Collection[str], at: Callable[..., Source]) -> Iterator[Problem]:
    """Yield the same of a value that is no manifest; `at` tells the place of each part of it."""
    for path in _found(value, keys, ()) if keys else ():
        yield Problem(at(*path), "this text holds the API key", HINT)


def _found(value: Any, keys: Collection[str], path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    match value:
        case str():
            if any(key in value for key in keys):
                yield path
        case dict():
            for name, item in value.items():
                yield from _found(name, keys, (*path, name))
                yield from _found(item, keys, (*path, name))
        case list():
            for index, item in enumerate(value):
                yield from _found(item, keys, (*path, index))
