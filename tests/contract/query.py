"""A query string and the documented parameters in, what is wrong with it out; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

OPERATORS = {"one_of", "not_in", "all_of", "is", "is_blank", "starts_with", "gte", "lte", "date_range"}
"""Every operator that the document names; where it names none for a parameter, each of these may be meant."""

_NAME = re.compile(r"(?P<name>[^\[\]]+)(?P<brackets>(?:\[[^\[\]]+\])*)")
_PROSE = re.compile(r"accepted operators? (?:is|are) (?P<operators>[^.]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter."""

    name: str
    schema: Json
    is_required: bool
    may_be_empty: bool
    operators: frozenset[str]
    """What may stand in its last brackets; empty where it takes no brackets."""

    @classmethod
    def of(cls, said: Json, examples: str = "") -> Parameter:
        """Read a parameter; its operators stand in prose alone, and in the examples of its operation."""
        named = _PROSE.search(said.get("description", ""))
        operators = frozenset(re.findall(r"'([a-z_]+)", named["operators"])) if named else frozenset(OPERATORS)
        operators |= frozenset(re.findall(rf"\b{said['name']}(?:\[\w+\])*\[(\w+)\]=", examples))
        return cls(
            said["name"],
            said["schema"],
            said.get("required", False),
            said.get("allowEmptyValue", False),
            operators if said["schema"]["type"] == "object" else frozenset(),
        )

    @property
    def depth(self) -> int:
        """Return how many pairs of brackets follow the name."""
        depth, schema = 0, self.schema
        while schema["type"] == "object":
            depth, schema = depth + 1, schema["additionalProperties"]
        return depth

    def find_problems(self, brackets: list[str], values: list[str]) -> Iterator[str]:
        """Yield what is wrong with the values that a query string has for it."""
        if len(brackets) != self.depth:
            yield f"takes {self.depth} pairs of brackets, not {len(brackets)}"
        elif brackets and brackets[-1] not in self.operators:
            yield f"{brackets[-1]} is none of its operators: {', '.join(sorted(self.operators))}"
        elif not brackets and self.schema["type"] != "array" and len(values) > 1:
            yield "is given several times"
        elif not brackets:
            for value in values:
                yield from self._find_problems_of_value(value)

    def _find_problems_of_value(self, value: str) -> Iterator[str]:
        if not value and self.may_be_empty:
            return
        match self.schema["type"]:
            case "integer" if not re.fullmatch(r"-?[0-9]{1,19}", value):
                yield f"{value!r} is not an integer"
            case "integer" if not self.schema.get("minimum", 0) <= int(value) <= self.schema.get("maximum", 2**63):
                yield f"{value} is not from {self.schema.get('minimum')} to {self.schema.get('maximum')}"
            case "boolean" if value not in ("true", "false"):
                yield f"{value!r} is neither true nor false"
            case "string" if value not in self.schema.get("enum", (value,)):
                yield f"{value!r} is none of {', '.join(self.schema['enum'])}"


def find_problems(query: str, parameters: Mapping[str, Parameter]) -> Iterator[str]:
    """Yield what is wrong with a query string, each after the name that it has there."""
    given = set()
    for text, values in parse_qs(query, keep_blank_values=True, errors="replace").items():
        found = _NAME.fullmatch(text)
        if found and found["name"] in parameters:
            given.add(found["name"])
            brackets = re.findall(r"[^\[\]]+", found["brackets"])
            for problem in parameters[found["name"]].find_problems(brackets, values):
                yield f"{text}: {problem}"
        else:
            yield f"{text}: is no documented parameter"
    for parameter in parameters.values():
        if parameter.is_required and parameter.name not in given:
            yield f"{parameter.name}: is required"
