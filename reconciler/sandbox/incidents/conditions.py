"""A filter over something that is kept in SQL in, a condition with its values out; a 422 for a value that is none."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from reconciler.sandbox import moments
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and the values for its marks."""

    sql: str
    values: tuple[object, ...] = ()


def marks(values: Collection[object]) -> str:
    """Write as many marks as there are values."""
    return ", ".join("?" * len(values))


def one_of(expression: str, values: Sequence[str]) -> Condition:
    """Demand one of the values."""
    return Condition(f"{expression} IN ({marks(values)})", tuple(values))


def none_of(expression: str, values: Sequence[str]) -> Condition:
    """Demand something else, or nothing."""
    return Condition(f"COALESCE({expression}, '') NOT IN ({marks(values)})", tuple(values))


def by_date(name: str, column: str) -> Callable[[Organisation, str, tuple[str, ...]], Condition]:
    """Make the filter of a parameter with `gte`, `lte` and `date_range` over a column of microseconds."""

    def filtered(_organisation: Organisation, operator: str, values: tuple[str, ...]) -> Condition:
        value = single(name, values)
        if operator == "date_range":
            first, separator, last = value.partition("~")
            if not separator:
                raise invalid(name, "a range is written 2026-11-01~2026-11-20")
            return Condition(f"{column} BETWEEN ? AND ?", (_instant(name, first), _instant(name, last)))
        return Condition(f"{column} {'>=' if operator == 'gte' else '<='} ?", (_instant(name, value),))

    return filtered


def single(name: str, values: tuple[str, ...]) -> str:
    """Return the only value of an operator."""
    if len(values) != 1:
        raise invalid(name, "this operator takes a single value")
    return values[0]


def _instant(name: str, text: str) -> int:
    try:
        return moments.microseconds(moments.parse_day(text))
    except (ValueError, OverflowError):
        raise invalid(name, f"{text!r} is not a day like 2026-11-20") from None
