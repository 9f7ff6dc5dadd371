"""The published API document in, its operations and a validator for each of its schemas out; read once, when asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from tests.contract.query import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = Path(__file__).parents[2].parent / "shared" / "incident-io" / "openapi.json"

Json = dict[str, Any]

_BITS = {"int32": 31, "int64": 63}
_SHOWN = 200  # characters of a message, which may quote a whole page of incidents


@dataclass(frozen=True, slots=True)
class Operation:
    """What the document says of a method at a path."""

    method: str
    path: str
    """The template, such as `/v2/incidents/{id}`."""
    is_deprecated: bool
    query: Mapping[str, Parameter] = field(repr=False)
    body: Json | None = field(repr=False)
    """The schema of the body that it takes, if it takes one."""
    answers: Mapping[int, Json | None] = field(repr=False)
    """The schema of the body for each status; None where there is no body."""

    @property
    def echoed(self) -> set[str]:
        """Return the properties that the object in its answer has, and its body has not."""
        (granted,) = (schema for status, schema in self.answers.items() if status < 300)
        held = [name for each in _properties(granted).values() for name in _properties(each)]
        return set(held) - set(_properties(self.body))


@cache
def document() -> Json:
    """Return the document, with its schemas closed to properties that they do not name."""
    loaded: Json = _tightened(json.loads(PATH.read_text(encoding="utf-8")))
    return loaded


@cache
def operations() -> Mapping[tuple[str, str], Operation]:
    """Return every operation by its method and the template of its path."""
    return {
        (method.upper(), path): _operation(method.upper(), path, said)
        for path, methods in document()["paths"].items()
        for method, said in methods.items()
    }


def refused(status: int) -> Json:
    """Return the schema of every refusal with a status: the document has one, and so every operation answers it."""
    return {"$ref": "#/components/schemas/ErrorResponse", "properties": {"status": {"const": status}}}


def resolve(schema: Json) -> Json:
    """Return the schema that a reference leads to, or the schema itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Json = document()["components"]["schemas"][name] if name else schema
    return found


@lru_cache(maxsize=10_000)
def find_operation(method: str, path: str) -> Operation | None:
    """Find the operation that a request was for; words of a template go before its braces."""
    parts = path.split("/")
    fitting = [template for template in _templates().get(len(parts), ()) if _fits(template, parts)]
    if not fitting:
        return None
    return operations().get((method, "/".join(min(fitting, key=lambda template: sum(map(_is_open, template))))))


def find_problems(schema: Json, value: Any) -> list[str]:
    """Return what is wrong with a value by a schema of the document, each with its place, such as `$.incident.id`."""
    try:
        validator = _validator(json.dumps(schema))
        if validator.is_valid(value):
            return []
        return [f"{_place(error.instance_path)}: {error.message[:_SHOWN]}" for error in validator.iter_errors(value)]
    except (ValueError, UnicodeEncodeError) as error:
        return [f"$: not to be checked: {error}"]


@cache
def _templates() -> Mapping[int, list[list[str]]]:
    by_length: dict[int, list[list[str]]] = {}
    for path in document()["paths"]:
        parts = path.split("/")
        by_length.setdefault(len(parts), []).append(parts)
    return by_length


def _fits(template: list[str], parts: list[str]) -> bool:
    return all(one == other or (_is_open(one) and other) for one, other in zip(template, parts, strict=True))


def _is_open(part: str) -> bool:
    return part.startswith("{")


def _operation(method: str, path: str, said: Json) -> Operation:
    examples = said.get("description", "")
    query = {each["name"]: Parameter.of(each, examples) for each in said.get("parameters", ()) if each["in"] == "query"}
    body = _schema(said["requestBody"]) if "requestBody" in said else None
    answers = {int(status): _schema(answer) for status, answer in said["responses"].items()}
    answers |= {status: refused(status) for status in answers if status >= 400}
    return Operation(method, path, bool(said.get("deprecated")), query, body, answers)


def _schema(said: Json) -> Json | None:
    content: Json = said.get("content", {})
    found: Json | None = content.get("application/json", {}).get("schema")
    return found


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _properties(schema: Json | None) -> Json:
    found: Json = resolve(schema or {}).get("properties", {})
    return found


def _place(path: list[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _tightened(value: Any) -> Any:
    if isinstance(value, list):
        return [_tightened(item) for item in value]
    if not isinstance(value, dict):
        return value
    tight = {name: _tightened(item) for name, item in value.items()}
    if isinstance(tight.get("properties"), dict) and tight.get("type") == "object":
        tight.setdefault("additionalProperties", False)
    # Some properties say in prose alone that null is what unsets them.
    if tight.get("type") == "string" and "Set to null" in tight.get("description", ""):
        tight["type"] = ["string", "null"]
    # JSON Schema knows nothing of integers that are too long.
    bits = _BITS.get(str(tight.get("format"))) if tight.get("type") == "integer" else None
    return {"minimum": -(2**bits), "maximum": 2**bits - 1, **tight} if bits else tight
