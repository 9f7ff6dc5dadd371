"""The official client in, its calls by the names of their modules out; each answer is held against its typed model."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self, get_args

import attrs
import incident_io
from incident_io import AuthenticatedClient
from incident_io.models import ErrorResponse
from incident_io.types import Response

Json = dict[str, Any]

_API = Path(incident_io.__file__).parent / "api"
_URL = re.compile(r'"method": "(?P<method>\w+)",\s+"url": "(?P<url>[^"]+)"')
_REST = "additional_properties"


@cache
def find_modules() -> dict[tuple[str, str], str]:
    """Return the module of the client for each method and path, such as `severities_v1.severities_v1_show`."""
    found = {}
    for file in _API.glob("*/*.py"):
        operation = _URL.search(file.read_text(encoding="utf-8"))
        if operation:
            found[operation["method"].upper(), operation["url"]] = f"{file.parent.name}.{file.stem}"
    return found


class Official:
    """The official client of one sandbox; a call is named by its module, without the package that holds it."""

    def __init__(self, url: str, key: str = "sandbox", **headers: str) -> None:
        self._client = AuthenticatedClient(
            base_url=url,
            token=key,
            headers=headers,
            raise_on_unexpected_status=True,
            httpx_args={"trust_env": False},
        )

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.__exit__(kind, error, trace)

    def send(self, call: str, **given: Any) -> Response[Any]:
        """Make a call with plain values in place of typed ones; the answer is whatever it is."""
        module = _module(call)
        typed = {name: _typed(module, name, value) for name, value in given.items()}
        response: Response[Any] = module.sync_detailed(client=self._client, **typed)
        return response

    def ask(self, call: str, **given: Any) -> Any:
        """Make a call that is to be granted, and return its answer as the client types it."""
        response = self.send(call, **given)
        check_granted(call, response)
        return response.parsed

    def refused(self, call: str, **given: Any) -> ErrorResponse:
        """Make a call that is to be refused, and return the error as the client types it."""
        response = self.send(call, **given)
        _check(response, ErrorResponse)
        assert isinstance(response.parsed, ErrorResponse)
        assert response.parsed.status == response.status_code
        return response.parsed

    def follow(self, call: str, **given: Any) -> Iterator[Any]:
        """Yield everything that a list holds, page by page to the last."""
        while True:
            answer = self.ask(call, **given)
            (items,) = (value for value in attrs.asdict(answer, recurse=False).values() if isinstance(value, list))
            yield from items
            if not answer.pagination_meta.after:
                return
            given["after"] = answer.pagination_meta.after


def check_granted(call: str, response: Response[Any]) -> None:
    """Raise AssertionError where an answer is none that grants the call, or is not all that its model knows."""
    assert 200 <= response.status_code < 300, response.content
    _check(response, _granted(_module(call)))


@cache
def _module(call: str) -> ModuleType:
    (name,) = (name for name in find_modules().values() if name.endswith(f".{call}"))
    return import_module(f"incident_io.api.{name}")


def _typed(module: ModuleType, name: str, value: Any) -> Any:
    annotation = signature(module.sync_detailed).parameters[name].annotation
    for kind in get_args(annotation) or (annotation,):
        if hasattr(kind, "from_dict") and isinstance(value, dict):
            typed = kind.from_dict(value)
            assert list(_surplus(typed)) == [], f"{name} is not what the client sends"
            return typed
        if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
            return kind(value)
    return value


def _granted(module: ModuleType) -> Any:
    """Return the class of a granted answer; Any where there is no body."""
    answers = get_args(signature(module._parse_response).return_annotation)
    (granted,) = (answer for answer in answers if answer not in (ErrorResponse, type(None)))
    return granted


def _check(response: Response[Any], wanted: Any) -> None:
    if wanted is Any:
        assert (response.parsed, response.content) == (None, b"")
        return
    parsed: Any = response.parsed
    assert type(parsed) is wanted, response.content
    assert list(_surplus(parsed)) == []
    assert _comparable(parsed.to_dict()) == _comparable(json.loads(response.content))


def _surplus(value: Any, place: str = "$") -> Iterator[str]:
    """Yield the place of each property that a model took in without knowing it."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _surplus(item, f"{place}[{number}]")
    elif attrs.has(type(value)):
        known = attrs.asdict(value, recurse=False)
        rest = known.pop(_REST, {})
        # A model of nothing else is a map, whose names are anybody's.
        for name, inner in (known or rest).items():
            yield from _surplus(inner, f"{place}.{name}")
        if known:
            yield from (f"{place}.{name}" for name in rest)


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _comparable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
