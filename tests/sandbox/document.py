"""The published API document in, checks of answers against it out; where it is absent, nothing is checked."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

PATH = Path(__file__).parents[2].parent / "shared" / "incident-io" / "openapi.json"

Json = dict[str, Any]

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def document() -> Json:
    """Return the document, as JSON Schema understands it and closed to properties that it does not name."""
    loaded: Json = _as_json_schema(json.loads(PATH.read_text()))
    return loaded


def operation(method: str, path: str) -> tuple[str, Json]:
    """Find the operation that a request was for: the template of its path, and what the document says."""
    paths = document()["paths"]
    wanted = path.strip("/").split("/")
    fitting = [template for template in paths if _fits(template.strip("/").split("/"), wanted)]
    (template,) = sorted(fitting, key=lambda found: found.count("{"))[:1] or [""]
    return template, paths.get(template, {}).get(method.lower(), {})


def check_answer(response: httpx.Response) -> None:
    """Raise AssertionError where an answer is not what the document has for its operation and status."""
    if not PATH.exists():
        return
    template, found = operation(response.request.method, response.request.url.path)
    if not found:
        _validate("#/components/schemas/ErrorResponse", response)
        return
    said = found["responses"].get(str(response.status_code))
    assert said is not None, f"{template} does not document {response.status_code}: {response.text}"
    if "content" not in said:
        assert response.content == b""
        return
    _validate(said["content"]["application/json"]["schema"]["$ref"], response)


def _validate(reference: str, response: httpx.Response) -> None:
    assert response.headers["Content-Type"] == "application/json"
    errors = [f"{error.json_path}: {error.message}" for error in _validator(reference).iter_errors(response.json())]
    assert not errors, f"{response.request.method} {response.request.url}: {errors}"


@cache
def _validator(reference: str) -> Draft202012Validator:
    schema = {"$ref": reference, "components": document()["components"]}
    return Draft202012Validator(schema, format_checker=_FORMATS)


def _fits(template: list[str], path: list[str]) -> bool:
    pairs = zip(template, path, strict=False)
    return len(template) == len(path) and all(one == other or one.startswith("{") for one, other in pairs)


def _as_json_schema(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    converted = {name: _as_json_schema(item) for name, item in value.items()}
    if isinstance(converted.get("properties"), dict) and converted.get("type") == "object":
        converted.setdefault("additionalProperties", False)
    if converted.pop("nullable", False) is True and "type" in converted:
        converted["type"] = [converted["type"], "null"]
    return converted
