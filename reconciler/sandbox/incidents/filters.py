"""The filters of an incident list in, the set of incidents that it is of out; a 422 for what cannot be filtered on."""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import and_, ge, le, or_

from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents import index
from reconciler.sandbox.incidents.conditions import by_date, single
from reconciler.sandbox.incidents.declare import MODES
from reconciler.sandbox.incidents.facets import facet
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

Values = tuple[str, ...]


def found(call: Call) -> int:
    """Return the incidents that this request sees and that fulfil its filters: all of them, or any if it says so."""
    asked = list(_asked(call))
    if asked and call.query.get("filter_mode") == "any":
        return _scope(call) & reduce(or_, asked)
    return reduce(and_, asked, _scope(call))


def _scope(call: Call) -> int:
    # The mode says which incidents there are at all, so filter_mode=any does not loosen it.
    modes = call.query.get("mode", {}).get("one_of", DEFAULT_MODES)
    for mode in modes:
        if mode not in MODES:
            raise invalid("mode", f"{mode!r} is not a mode; there are {', '.join(MODES)}")
    scope = index.having(call.store, [facet("mode", mode) for mode in modes])
    if call.key.sees_private:
        return scope
    seen = [facet("visibility", "public"), *([facet("member", call.person["id"])] if call.person else [])]
    return scope & index.having(call.store, seen)


def _asked(call: Call) -> Iterator[int]:
    for name, filtered in _FILTERS.items():
        for operator, values in call.query.get(name, {}).items():
            yield filtered(call, operator, values)
    for name, nested in _NESTED.items():
        for identifier, operators in call.query.get(name, {}).items():
            yield from nested(call, identifier, operators)


def _any_of(call: Call, operator: str, facets: list[str]) -> int:
    having = index.having(call.store, facets)
    return having if operator == "one_of" else ~having


def _by_facet(kind: str) -> Callable[[Call, str, Values], int]:
    return lambda call, operator, values: _any_of(call, operator, [facet(kind, value) for value in values])


def _by_category(call: Call, operator: str, values: Values) -> int:
    for category in values:
        if category not in CATEGORIES:
            raise invalid("status_category", f"{category!r} is not a category; there are {', '.join(CATEGORIES)}")
    statuses = [s["id"] for s in call.organisation.all("incident_status") if s["category"] in values]
    return _any_of(call, operator, [facet("status", status) for status in statuses])


def _by_severity(call: Call, operator: str, values: Values) -> int:
    if operator in ("one_of", "not_in"):
        return _by_facet("severity")(call, operator, values)
    rank = call.organisation.refer("severity", single("severity", values), "severity")["rank"]
    is_within = ge if operator == "gte" else le
    severities = [s["id"] for s in call.organisation.all("severity") if is_within(s["rank"], rank)]
    return _any_of(call, "one_of", [facet("severity", severity) for severity in severities])


def _by_date(name: str, column: str) -> Callable[[Call, str, Values], int]:
    condition = by_date(name, column)

    def filtered(call: Call, operator: str, values: Values) -> int:
        wanted = condition(call.organisation, operator, values)
        return index.dated(call.store, wanted.sql, wanted.values)

    return filtered


def _by_role(call: Call, identifier: str, operators: Operators) -> Iterator[int]:
    call.organisation.refer("incident_role", identifier, "incident_role")
    for operator, values in operators.items():
        if operator == "one_of":
            yield _any_of(call, operator, [facet("role", identifier, user) for user in values])
        else:
            yield _blank_or_set(call, operator, values, "incident_role", facet("role", identifier))


def _by_field(call: Call, identifier: str, operators: Operators) -> Iterator[int]:
    field = call.organisation.refer("custom_field", identifier, "custom_field")
    for operator, values in operators.items():
        match operator:
            case "one_of" | "not_in":
                yield _any_of(call, operator, [facet("field", identifier, value) for value in values])
            case "gte" | "lte":
                yield index.having_amount(call.store, identifier, operator, _number(field, values))
            case _:
                yield _blank_or_set(call, operator, values, "custom_field", facet("field", identifier))


def _blank_or_set(call: Call, operator: str, values: Values, name: str, held: str) -> int:
    value = single(name, values)
    if value not in ("true", "false"):
        raise invalid(name, f"{value!r} is neither true nor false")
    having = index.having(call.store, [held])
    return having if (value == "true") == (operator == "is_set") else ~having


def _number(field: dict[str, str], values: Values) -> float:
    if field["field_type"] != "numeric":
        raise invalid("custom_field", f"{field['name']} is not a number, so gte and lte do not apply")
    try:
        return float(single("custom_field", values))
    except ValueError:
        raise invalid("custom_field", f"{values[0]!r} is not a number") from None


_FILTERS: Mapping[str, Callable[[Call, str, Values], int]] = {
    "status": _by_facet("status"),
    "incident_type": _by_facet("type"),
    "status_category": _by_category,
    "severity": _by_severity,
    "created_at": _by_date("created_at", "created"),
    "updated_at": _by_date("updated_at", "updated"),
}
_NESTED: Mapping[str, Callable[[Call, str, Operators], Iterator[int]]] = {
    "incident_role": _by_role,
    "custom_field": _by_field,
}
