"""A schema of the published document in, values out: the least that it takes, any that it takes, and spoiled ones."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from hypothesis import strategies as st

from tests.contract.document import document, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.contract.document import Json

INSTANTS = (
    "2026-11-20T09:12:00Z",
    "2026-11-20t09:12:00.123456789+01:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "2026-11-20T23:59:60Z",
    "2026-11-20",
)
WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "0",
            "-1",
            "1",
            "1.5",
            "1e400",
            "-0",
            "NaN",
            "9" * 400,
            "\N{ARABIC-INDIC DIGIT ONE}",
            "true",
            "null",
        ),
        *("a~b", "2026-01-01~2026-02-01", "2026-02-01~", "~", "~~", *INSTANTS),
        *("\x00", "\ud800", "\U0001f4a5", "\u202e", "a\tb\n", " x ", "a" * 300, "a" * 70_000),
        *("' OR 1=1 --", '"', "%", "%00", "\\", "../..", "<script>", "{{7*7}}", "https://example.com", "javascript:x"),
        *("live", "closed", "test", "public", "reporter", "lead", "alice@example.com"),
    ]
)
TEXT = WORDS | st.text(max_size=8)
NUMBERS = st.sampled_from([0, 1, -1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 1.0, 0.1, 1e300]) | st.integers()
ANY = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)

WANTED = ("severity_id", "message")
"""Properties that the document does not require, and without which little is done."""


class Known(Protocol):
    """What is known of the account that values are for."""

    def named(self, name: str) -> list[str]:
        """Return the IDs that a property of this name could hold."""


def smallest(schema: Json, known: Known, name: str = "") -> Any:
    """Return the least that a schema takes."""
    match resolve(schema):
        case {"enum": [first, *_]}:
            return first
        case {"type": "object", "properties": properties, **rest}:
            return {each: smallest(properties[each], known, each) for each in rest.get("required", ())}
        case {"type": "array", "items": items, **rest}:
            return [smallest(items, known, name) for _ in range(rest.get("minItems", 0))]
        case {"type": "string"} if _is_id(name):
            return known.named(name)[0]
        case {"type": kind, **rest}:
            least = {"string": INSTANTS[0] if rest.get("format") == "date-time" else f"a {name}", "boolean": False}
            return least.get(kind, rest.get("minimum", 1))


def values(schema: Json, known: Known, name: str = "") -> st.SearchStrategy[Any]:
    """Return the values that fit a schema; what is called an ID is mostly one that there is, of the right kind."""
    if "$ref" in schema:
        return st.deferred(lambda: values(resolve(schema), known, name))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if isinstance(schema.get("type"), list):
        return st.one_of([values({**schema, "type": kind}, known, name) for kind in schema["type"]])
    return _BY_TYPE.get(schema.get("type", ""), _anything)(schema, known, name)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """Draw a value with one place of it replaced, left out or added."""
    whole = {"": copy.deepcopy(value)}
    holder, step = draw(st.sampled_from(list(_places(whole))))
    match draw(st.sampled_from(["replace", "replace", "leave out", "add"])):
        case "leave out" if holder is not whole:
            del holder[step]
        case "add" if isinstance(holder[step], dict):
            holder[step][draw(TEXT)] = draw(ANY)
        case _:
            holder[step] = draw(ANY)
    return whole[""]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    steps = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        yield value, step
        yield from _places(value[step])


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


@st.composite
def _objects(draw: st.DrawFn, schema: Json, known: Known, _name: str) -> Any:
    properties, inner = schema.get("properties", {}), schema.get("additionalProperties")
    if not properties and isinstance(inner, dict):
        return draw(st.dictionaries(TEXT, values(inner, known), max_size=2))
    required = schema.get("required", [])
    optional = [each for each in properties if each not in required]
    # A few at a time: with half of all, one or the other is refused, and no handler is reached.
    chosen = draw(st.lists(st.sampled_from(optional), max_size=4, unique=True)) if optional else []
    wanted = [each for each in WANTED if each in optional and draw(st.integers(0, 3))]
    return {each: draw(values(properties[each], known, each)) for each in [*required, *chosen, *wanted]}


def _arrays(schema: Json, known: Known, name: str) -> st.SearchStrategy[Any]:
    return st.lists(values(schema["items"], known, name), min_size=schema.get("minItems", 0), max_size=3)


def _strings(schema: Json, known: Known, name: str) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date-time":
        return st.sampled_from([*INSTANTS, *[INSTANTS[0]] * len(INSTANTS)])
    return plausible(known, name) if _is_id(name) else TEXT


def plausible(known: Known, name: str) -> st.SearchStrategy[str]:
    """Return texts for a name, three in four of them IDs that there are, or words that the document has for it."""
    words = [word for each, words in _vocabulary().items() if f"_{name}".endswith(f"_{each}") for word in words]
    right = st.sampled_from(known.named(name) if _is_id(name) or not words else words)
    return st.integers(0, 3).flatmap(lambda chance: right if chance else TEXT)


@cache
def _vocabulary() -> Mapping[str, Sequence[str]]:
    """Return the words of the enums of all schemas, by the names of their properties."""
    schemas = document()["components"]["schemas"].values()
    properties = [pair for schema in schemas for pair in schema.get("properties", {}).items()]
    return {name: schema["enum"] for name, schema in properties if "enum" in schema and name != "status"}


def _integers(schema: Json, _known: Known, _name: str) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _booleans(_schema: Json, _known: Known, _name: str) -> st.SearchStrategy[Any]:
    return st.booleans()


def _nulls(_schema: Json, _known: Known, _name: str) -> st.SearchStrategy[Any]:
    return st.none()


def _anything(_schema: Json, _known: Known, _name: str) -> st.SearchStrategy[Any]:
    return ANY


_BY_TYPE: Mapping[str, Callable[[Json, Known, str], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _arrays,
    "string": _strings,
    "integer": _integers,
    "boolean": _booleans,
    "null": _nulls,
}
