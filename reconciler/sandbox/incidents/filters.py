"""The filters of an incident list in, an SQL condition with its values out; a 422 for what cannot be filtered on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, le
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents import sight
from reconciler.sandbox.incidents.declare import MODES
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.query import Filter, Operators, Parameter, Word
from reconciler.sandbox.resource import Call, paged

CATEGORIES = ("triage", "declined", "merged", "canceled", "live", "learning", "closed", "paused")
DEFAULT_MODES = ("standard", "retrospective")

PARAMETERS: Mapping[str, Parameter] = {
    **paged(),
    "sort_by": Word(one_of=("created_at_newest_first", "created_at_oldest_first")),
    "filter_mode": Word(one_of=("all", "any")),
    "status": Filter(("one_of", "not_in")),
    "status_category": Filter(("one_of", "not_in")),
    "severity": Filter(("one_of", "not_in", "gte", "lte")),
    "incident_type": Filter(("one_of", "not_in")),
    "mode": Filter(("one_of",)),
    "created_at": Filter(("gte", "lte", "date_range")),
    "updated_at": Filter(("gte", "lte", "date_range")),
    "incident_role": Filter(("one_of", "is_blank", "is_set"), depth=2),
    "custom_field": Filter(("one_of", "not_in", "gte", "lte", "is_blank", "is_set"), depth=2),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and the values for its marks."""

    sql: str
    values: tuple[object, ...] = ()


def condition(call: Call) -> Condition | None:
    """Join everything that a listed incident must fulfil; None where every incident does."""
    asked = _asked(call)
    scope = _scope(call)
    if asked:
        word = " OR " if call.query.get("filter_mode") == "any" else " AND "
        scope.append(_joined(asked, word))
    return _joined(scope, " AND ") if scope else None


def _joined(conditions: list[Condition], word: str) -> Condition:
    values = tuple(value for one in conditions for value in one.values)
    return Condition(f"({word.join(one.sql for one in conditions)})", values)


def _scope(call: Call) -> list[Condition]:
    # The mode says which incidents there are at all, so filter_mode=any does not loosen it.
    modes = call.query.get("mode", {}).get("one_of", DEFAULT_MODES)
    for mode in modes:
        if mode not in MODES:
            raise invalid("mode", f"{mode!r} is not a mode; there are {', '.join(MODES)}")
    scope = [] if set(modes) == set(MODES) else [one_of("mode", modes)]
    seen, values = sight.condition(call)
    if seen:
        scope.append(Condition(seen, values))
    return scope


def _asked(call: Call) -> list[Condition]:
    found: list[Condition] = []
    for name, filtered in _FILTERS.items():
        for operator, values in call.query.get(name, {}).items():
            found.append(filtered(call.organisation, operator, values))
    for name, nested in _NESTED.items():
        for identifier, operators in call.query.get(name, {}).items():
            found += nested(call.organisation, identifier, operators)
    return found


def one_of(expression: str, values: tuple[str, ...] | list[str]) -> Condition:
    """Demand one of the values."""
    return Condition(f"{expression} IN ({', '.join('?' * len(values))})", tuple(values))


def none_of(expression: str, values: tuple[str, ...] | list[str]) -> Condition:
    """Demand something else, or nothing."""
    return Condition(f"COALESCE({expression}, '') NOT IN ({', '.join('?' * len(values))})", tuple(values))


def _column(name: str) -> Callable[[Organisation, str, tuple[str, ...]], Condition]:
    def by_column(_organisation: Organisation, operator: str, values: tuple[str, ...]) -> Condition:
        return one_of(name, values) if operator == "one_of" else none_of(name, values)

    return by_column


def _category(organisation: Organisation, operator: str, values: tuple[str, ...]) -> Condition:
    for category in values:
        if category not in CATEGORIES:
            raise invalid("status_category", f"{category!r} is not a category; there are {', '.join(CATEGORIES)}")
    statuses = [s["id"] for s in organisation.all("incident_status") if s["category"] in values]
    return one_of("status", statuses) if operator == "one_of" else none_of("status", statuses)


def _severity(organisation: Organisation, operator: str, values: tuple[str, ...]) -> Condition:
    if operator in ("one_of", "not_in"):
        return _column("severity")(organisation, operator, values)
    rank = organisation.refer("severity", _single("severity", values), "severity")["rank"]
    is_within = ge if operator == "gte" else le
    return one_of("severity", [s["id"] for s in organisation.all("severity") if is_within(s["rank"], rank)])


def by_date(name: str, column: str) -> Callable[[Organisation, str, tuple[str, ...]], Condition]:
    """Make the filter of a parameter with `gte`, `lte` and `date_range` over a column of microseconds."""

    def filtered(_organisation: Organisation, operator: str, values: tuple[str, ...]) -> Condition:
        value = _single(name, values)
        if operator == "date_range":
            first, separator, last = value.partition("~")
            if not separator:
                raise invalid(name, "a range is written 2026-11-01~2026-11-20")
            return Condition(f"{column} BETWEEN ? AND ?", (_instant(name, first), _instant(name, last)))
        return Condition(f"{column} {'>=' if operator == 'gte' else '<='} ?", (_instant(name, value),))

    return filtered


def _role(organisation: Organisation, identifier: str, operators: Operators) -> list[Condition]:
    organisation.refer("incident_role", identifier, "incident_role")
    value = f"json_extract(body, '$.roles.\"{identifier}\"')"
    found = []
    for operator, values in operators.items():
        if operator == "one_of":
            found.append(one_of(value, values))
        else:
            is_blank = _truth("incident_role", values) == (operator == "is_blank")
            found.append(Condition(f"{value} IS {'' if is_blank else 'NOT '}NULL"))
    return found


def _custom_field(organisation: Organisation, identifier: str, operators: Operators) -> list[Condition]:
    field = organisation.refer("custom_field", identifier, "custom_field")
    each = f"SELECT 1 FROM json_each(body, '$.fields.\"{field['id']}\"')"  # noqa: S608 - an ID that exists
    found = []
    for operator, values in operators.items():
        match operator:
            case "one_of" | "not_in":
                inner = one_of("value", values)
                negated = "NOT " if operator == "not_in" else ""
                found.append(Condition(f"{negated}EXISTS ({each} WHERE {inner.sql})", inner.values))
            case "gte" | "lte":
                sign = ">=" if operator == "gte" else "<="
                number = _number(field, values)
                found.append(Condition(f"EXISTS ({each} WHERE CAST(value AS REAL) {sign} ?)", (number,)))
            case _:
                is_blank = _truth("custom_field", values) == (operator == "is_blank")
                found.append(Condition(f"{'NOT ' if is_blank else ''}EXISTS ({each})"))
    return found


def _number(field: dict[str, Any], values: tuple[str, ...]) -> float:
    if field["field_type"] != "numeric":
        raise invalid("custom_field", f"{field['name']} is not a number, so gte and lte do not apply")
    try:
        return float(_single("custom_field", values))
    except ValueError:
        raise invalid("custom_field", f"{values[0]!r} is not a number") from None


def _truth(name: str, values: tuple[str, ...]) -> bool:
    value = _single(name, values)
    if value not in ("true", "false"):
        raise invalid(name, f"{value!r} is neither true nor false")
    return value == "true"


def _single(name: str, values: tuple[str, ...]) -> str:
    if len(values) != 1:
        raise invalid(name, "this operator takes a single value")
    return values[0]


def _instant(name: str, text: str) -> int:
    try:
        return moments.microseconds(moments.parse_day(text))
    except (ValueError, OverflowError):
        raise invalid(name, f"{text!r} is not a day like 2026-11-20") from None


_FILTERS: Mapping[str, Callable[[Organisation, str, tuple[str, ...]], Condition]] = {
    "status": _column("status"),
    "incident_type": _column("type"),
    "status_category": _category,
    "severity": _severity,
    "created_at": by_date("created_at", "created"),
    "updated_at": by_date("updated_at", "updated"),
}
_NESTED: Mapping[str, Callable[[Organisation, str, Operators], list[Condition]]] = {
    "incident_role": _role,
    "custom_field": _custom_field,
}
