"""A plan ⇄ JSON values: frozen dataclasses by the types of their fields, so that a new field needs no line here. Pure.

What is as a field's default says is left out. Among values that may be anything, what JSON does not have stands as a
mapping with one name that begins with `$`: `{"$ref": "Severity/sev0#id"}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from reconciler import model
from reconciler.model import NO_MANIFEST, Key, Ref, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]

# What the modules of the model import for their annotations alone.
ONLY_FOR_TYPES = {**vars(model), "Mapping": Mapping, "Sequence": Sequence, "datetime": datetime, "Document": Any}
TAG = "is"
"""Names the class where a field may hold several."""


def encode(value: Any, kind: Any) -> Any:
    """Return a value of a type as JSON has it."""
    return _codec(kind)[0](value)


def decode(value: Any, kind: Any) -> Any:
    """Return what `encode` was given; raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for others."""
    return _codec(kind)[1](value)


@cache
def _codec(kind: Any) -> Codec:
    """Return how a type is written and read."""
    origin, parts = get_origin(kind), get_args(kind)
    found: Codec
    if kind is Any:
        found = loosely, strictly
    elif kind in _TEXTS:
        found = str, _TEXTS[kind]
    elif origin in {Union, UnionType}:
        found = _one_of(parts)
    elif origin in {tuple, frozenset}:
        found = _several(origin, parts)
    elif origin in {dict, Mapping}:
        found = _mapping(*parts)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        found = attrgetter("value"), kind
    elif is_dataclass(kind):
        found = _object(kind)
    elif kind in {str, int, float, bool}:
        found = _same, _checked(kind)
    else:
        raise TypeError(kind)
    return found


def _same(value: Any) -> Any:
    return value


def _checked(kind: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(value)
        return value

    return check


def _source(text: str) -> Source:
    if text == str(NO_MANIFEST):
        return NO_MANIFEST
    file, line, column = text.rsplit(":", 2)
    return Source(file, int(line), int(column))


def _ref(text: str) -> Ref:
    return Ref(Key.parse(text.removesuffix("#id")))


_TEXTS: dict[Any, Callable[[Any], Any]] = {
    Key: Key.parse,
    Source: _source,
    Ref: _ref,
    datetime: datetime.fromisoformat,
}


def _one_of(parts: tuple[Any, ...]) -> Codec:
    """Return how one of several types is written: with its name, unless there is one besides None."""
    real = [part for part in parts if part is not NoneType]
    if len(real) == 1:
        write, read = _codec(real[0])
        return (
            lambda value: None if value is None else write(value),
            lambda value: None if value is None else read(value),
        )
    if not all(is_dataclass(part) and part not in _TEXTS for part in real):
        return loosely, strictly
    by_name = {part.__name__: _codec(part) for part in real}

    def write_tagged(value: Any) -> Any:
        name = type(value).__name__
        return {TAG: name, **by_name[name][0](value)}

    def read_tagged(value: Any) -> Any:
        return by_name[value[TAG]][1]({name: each for name, each in value.items() if name != TAG})

    return write_tagged, read_tagged


def _several(origin: type, parts: tuple[Any, ...]) -> Codec:
    if origin is tuple and Ellipsis not in parts:
        each = [_codec(part) for part in parts]
        return (
            lambda value: [write(one) for (write, _), one in zip(each, value, strict=True)],
            lambda value: tuple(read(one) for (_, read), one in zip(each, value, strict=True)),
        )
    write, read = _codec(parts[0])
    in_order = sorted if origin is frozenset else list
    return (
        lambda value: [write(one) for one in in_order(value)],
        lambda value: origin([read(one) for one in value]),
    )


def _mapping(of: Any, to: Any) -> Codec:
    """Return how a mapping is written: by name where its names are texts, else as pairs."""
    (write_name, read_name), (write, read) = _codec(of), _codec(to)
    if of is str or of in _TEXTS:
        return (
            lambda value: {write_name(name): write(each) for name, each in value.items()},
            lambda value: {read_name(name): read(each) for name, each in value.items()},
        )
    return (
        lambda value: [[write_name(name), write(each)] for name, each in value.items()],
        lambda value: {read_name(name): read(each) for name, each in value},
    )


def _object(kind: Any) -> Codec:
    hints = get_type_hints(kind, localns=ONLY_FOR_TYPES)
    rows = [(each.name, *_codec(hints[each.name]), _default(each)) for each in fields(kind)]
    readers = {name: read for name, _, read, _ in rows}

    def write(value: Any) -> Any:
        found = ((name, writer, getattr(value, name), default) for name, writer, _, default in rows)
        return {name: writer(each) for name, writer, each, default in found if default is MISSING or each != default}

    def read(value: Any) -> Any:
        return kind(**{name: readers[name](each) for name, each in value.items()})

    return write, read


def _default(each: Any) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING


def loosely(value: Any) -> Any:
    """Return a value that may be anything JSON has, a `Ref` or a tuple."""
    match value:
        case str() | None | bool() | int() | float():
            return value
        case Ref():
            return {"$ref": str(value)}
        case list():
            return [loosely(item) for item in value]
        case tuple():
            return {"$tuple": [loosely(item) for item in value]}
        case Mapping():
            if all(isinstance(name, str) and not name.startswith("$") for name in value):
                return {name: loosely(item) for name, item in value.items()}
            return {"$pairs": [[loosely(name), loosely(item)] for name, item in value.items()]}
        case _:
            raise TypeError(type(value).__name__)


def strictly(value: Any) -> Any:
    """Return what `loosely` was given."""
    match value:
        case {"$ref": text}:
            return _ref(text)
        case {"$tuple": items}:
            return tuple(strictly(item) for item in items)
        case {"$pairs": pairs}:
            return {strictly(name): strictly(item) for name, item in pairs}
        case dict():
            return {name: strictly(item) for name, item in value.items()}
        case list():
            return [strictly(item) for item in value]
        case _:
            return value
