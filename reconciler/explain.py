"""A broken rule of a JSON Schema -> where it is, what is wrong in our words, what to type instead. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.kinds.schema import NAME, NAMING
from reconciler.kinds.types import NOT_BLANK
from reconciler.nearest import did_you_mean, listed, unknown_field

Place = tuple[str | int, ...]
"""The path of a value in its document."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a value breaks: `keyword: expected` of `schema`; `message` is the validator's own."""

    keyword: str
    expected: Any
    value: Any
    schema: Mapping[str, Any]
    path: Place
    message: str
    branches: tuple[tuple[Broken, ...], ...] = ()
    """What each alternative of an `anyOf` has against the value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: at the value that `path` leads to, or at its key."""

    path: Place
    message: str
    hint: str = ""
    of_key: bool = False


def explained(broken: Iterable[Broken]) -> Iterator[Fault]:
    """Yield the faults behind broken rules; of alternatives, those of the one that was probably meant."""
    for rule in broken:
        match rule.keyword:
            case "anyOf" | "oneOf" if rule.branches:
                yield from _alternatives(rule)
            case "additionalProperties" | "unevaluatedProperties" if rule.expected is False:
                yield from _unknown(rule)
            case "required":
                yield from _missing(rule)
            case keyword:
                yield EXPLANATIONS.get(keyword, _other)(rule)


def _fault(rule: Broken, message: str, hint: str = "") -> Fault:
    """Return a fault of the value itself."""
    return Fault(rule.path, message, hint)


def _field(rule: Broken) -> str:
    """Return how the value is called: `severity`, `an item of updates`."""
    path = rule.path
    names = [name for name in path if isinstance(name, str)]
    name = f"`{names[-1]}`" if names else "the document"
    return f"an item of {name}" if path and isinstance(path[-1], int) else name


def _shown(value: Any) -> str:
    """Return a value as it is written, cut short."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return line.replace("\n", "\\n")


SHOWN = 60


def _alternatives(rule: Broken) -> Iterator[Fault]:
    """Yield the faults of the alternative that was probably meant: of the value's own type, and the least wrong."""
    if all(len(causes) == 1 and _lacks(rule, causes[0]) for causes in rule.branches):
        names = [name for (cause,) in rule.branches for name in cause.expected]
        yield _fault(rule, f"one of {_quoted(names)} is needed here", f"add `{names[0]}:`")
        return
    fitting = [causes for causes in rule.branches if not any(_is_of_another_type(rule, cause) for cause in causes)]
    if fitting:
        likeliest: tuple[Broken, ...] = min(fitting, key=len)
        yield from explained(likeliest)
    else:
        yield _type(rule, [name for name in _types(rule.schema) if name != "null"])


def _lacks(above: Broken, cause: Broken) -> bool:
    """Tell whether all that an alternative asks for are fields that are not there."""
    return cause.keyword == "required" and cause.path == above.path


def _is_of_another_type(above: Broken, cause: Broken) -> bool:
    """Tell whether an alternative is for values of another type altogether."""
    if cause.path != above.path:
        return False
    match cause.keyword:
        case "enum":
            return not any(type(cause.value) is type(value) for value in cause.expected)
        case "anyOf" | "oneOf":
            return all(any(_is_of_another_type(cause, each) for each in causes) for causes in cause.branches)
        case keyword:
            return keyword == "type"


def _types(schema: Any) -> Iterator[str]:
    """Yield the types that a schema allows, through its alternatives, each once."""
    match schema:
        case {"anyOf": branches} | {"oneOf": branches}:
            yield from dict.fromkeys(name for branch in branches for name in _types(branch))
        case {"type": str(name)}:
            yield name
        case {"type": list(names)}:
            yield from names
        case {"enum": _}:
            yield "string"
        case _:
            pass


WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "`null`",
}


def _type(rule: Broken, expected: list[str] | None = None) -> Fault:
    """Explain a value of the wrong type."""
    stated = rule.expected
    names = expected or (stated if isinstance(stated, list) else [stated])
    wanted = [WORDS[name] for name in names]
    words = " or ".join(filter(None, [", ".join(wanted[:-1]), wanted[-1]]))
    if rule.value is None:
        return _fault(rule, f"{_field(rule)} cannot be empty or `null`", f"write {words}, or leave it out")
    return _fault(
        rule, f"{_field(rule)} must be {words}, not {_told(rule.value)}", _way(rule.value, names, rule.schema)
    )


def _told(value: Any) -> str:
    """Return a value as what it is: `a list`, `the number 2`."""
    match value:
        case bool():
            return f"`{_shown(value)}`"
        case int() | float():
            return f"the number {_shown(value)}"
        case str():
            return f"the text `{_shown(value)}`"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _would_match(value: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a number in quotes would be a text of the right form."""
    return isinstance(value, bool) or bool(re.search(schema.get("pattern", ""), str(value)))


def _way(value: Any, expected: list[str], schema: Mapping[str, Any]) -> str:
    """Return what to write instead of a value of the wrong type, where that is clear."""
    match value:
        case int() | float() if "string" in expected and not _would_match(value, schema):
            return str(schema.get("description", ""))
        case bool() | int() | float() if "string" in expected:
            return f'put it in quotes: "{_shown(value)}"'
        case str() if "boolean" in expected and value.casefold() in TRUTH:
            return f"write `{TRUTH[value.casefold()]}`"
        case str() if {"integer", "number"} & set(expected) and value.strip().isdecimal():
            return f"write it without quotes: {value.strip()}"
        case str() | int() | float() if expected == ["array"]:
            return f"write `[{_shown(value)}]`"
        case _:
            return ""


TRUTH = {
    "yes": "true", "on": "true", "y": "true", "true": "true",
    "no": "false", "off": "false", "n": "false", "false": "false",
}  # fmt: skip


def _enumerated(rule: Broken) -> Fault:
    """Explain a value that is none of a few."""
    known = [_shown(value) for value in rule.expected]
    value = _shown(rule.value)
    told = f"`{value}` is not a value of {_field(rule)}{did_you_mean(value, known)}"
    return _fault(rule, told, f"the values are {listed(known)}")


def _constant(rule: Broken) -> Fault:
    """Explain a value that is not the only one."""
    expected = _shown(rule.expected)
    return _fault(rule, f"{_field(rule)} must be `{expected}`, not `{_shown(rule.value)}`")


def _unknown(rule: Broken) -> Iterator[Fault]:
    """Yield a fault for each key that the schema does not have."""
    known = list(rule.schema.get("properties", {}))
    path = rule.path
    for name in rule.value:
        if name not in known:
            yield Fault((*path, name), *unknown_field(name, _field(rule), known), of_key=True)


def _missing(rule: Broken) -> Iterator[Fault]:
    """Yield the one fault of one error of `required`: jsonschema makes an error for each name that is missing."""
    names = [name for name in rule.expected if rule.message.startswith(repr(name))]
    for name in names[:1]:
        about = rule.schema.get("properties", {}).get(name, {}).get("description", "")
        hint = f"add `{name}:` ({about[:1].lower()}{about[1:].rstrip('.')})" if about else f"add `{name}:`"
        yield _fault(rule, f"`{name}` is missing in {_field(rule)}", hint)


def _pattern(rule: Broken) -> Fault:
    """Explain a text of the wrong form: a time, a name, or what the field's description says."""
    if isinstance(rule.schema, Mapping) and rule.schema.get("format") == "date-time":
        return _moment(rule)
    if rule.expected == NAME:
        return _fault(rule, f"`{_shown(rule.value)}` cannot be {_identity(rule)}", NAMING)
    about = rule.schema.get("description", "")
    if rule.expected == NOT_BLANK:
        return _fault(rule, f"{_field(rule)} is blank", f"write {about[:1].lower()}{about[1:].rstrip('.')}")
    hint = about or f"it has to match {rule.expected}"
    return _fault(rule, f"`{_shown(rule.value)}` cannot be {_field(rule)}", hint)


def _identity(rule: Broken) -> str:
    """Return what a text was to identify."""
    return {"id": "an ID", "name": "a name"}.get(str(rule.path[-1]), _field(rule))


def _moment(rule: Broken) -> Fault:
    """Explain a text that is no moment, or one that lacks its zone."""
    value = rule.value.strip()
    try:
        lacks_zone = datetime.fromisoformat(value).tzinfo is None and len(value) > len("2026-11-20")
    except ValueError:
        lacks_zone = False
    if lacks_zone:
        hint = f"write {value.replace(' ', 'T')}Z for UTC, or an offset such as +01:00"
        return _fault(rule, f"the time `{_shown(value)}` has no zone", hint)
    return _fault(rule, f"`{_shown(value)}` is not a time", "write it like 2026-11-20T09:12:00Z")


def _format(rule: Broken) -> Fault:
    """Explain a text that is not of its format."""
    if rule.expected == "date-time":
        return _moment(rule)
    return _fault(rule, f"`{_shown(rule.value)}` is not of the format {rule.expected}")


def _length(rule: Broken) -> Fault:
    """Explain a text that is too short or too long."""
    limit, length = rule.expected, len(rule.value)
    if length == 0:
        return _fault(rule, f"{_field(rule)} is empty", "write a text, or leave the field out")
    bound = f"at most {limit} are allowed" if rule.keyword == "maxLength" else f"at least {limit} are needed"
    return _fault(rule, f"{_field(rule)} has {length} characters, {bound}")


def _bound(rule: Broken) -> Fault:
    """Explain a number that is too small or too large."""
    words = {"minimum": "less than", "maximum": "more than", "exclusiveMinimum": "as low as"}
    word = words.get(rule.keyword, "as high as")
    return _fault(rule, f"{_field(rule)} cannot be {word} {rule.expected}: `{_shown(rule.value)}`")


def _amount(rule: Broken) -> Fault:
    """Explain a list or a mapping with too few or too many entries."""
    limit, has = rule.expected, len(rule.value)
    entries = "entry" if limit == 1 else "entries"
    if rule.keyword.startswith("min"):
        hint = f"add {limit - has}" if has else "write one, or leave the field out"
        return _fault(rule, f"{_field(rule)} needs at least {limit} {entries}, and has {has}", hint)
    hint = f"take {has - limit} out" if limit else "leave it empty"
    return _fault(rule, f"{_field(rule)} takes at most {limit} {entries}, and has {has}", hint)


def _repeated(rule: Broken) -> Fault:
    """Explain a list that holds a value twice: at the second."""
    items = [json.dumps(item, sort_keys=True) for item in rule.value]
    second = next(index for index, item in enumerate(items) if item in items[:index])
    told = f"`{_shown(rule.value[second])}` stands twice in {_field(rule)}"
    return Fault((*rule.path, second), told, "keep one of the two")


def _other(rule: Broken) -> Fault:
    """Pass on what has no explanation of its own."""
    return _fault(rule, f"{_field(rule)} is not as its schema says: {rule.message[:1].lower()}{rule.message[1:]}")


def _quoted(names: list[str]) -> str:
    """Return names as a sentence lists them."""
    return ", ".join(f"`{name}`" for name in names)


EXPLANATIONS = {
    "type": _type,
    "enum": _enumerated,
    "const": _constant,
    "pattern": _pattern,
    "format": _format,
    "minLength": _length,
    "maxLength": _length,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "minItems": _amount,
    "maxItems": _amount,
    "minProperties": _amount,
    "maxProperties": _amount,
    "uniqueItems": _repeated,
}
"""How an error is told, by the keyword of JSON Schema that it breaks; the rest is `_other`."""
