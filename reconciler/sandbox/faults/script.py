"""Plain values, from YAML or from JSON, in; the faults that they describe out, or each problem at its place; pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.sandbox.body import Integer, Items, Object, Path, Shape, Text
from reconciler.sandbox.errors import Problem
from reconciler.sandbox.faults.fault import METHODS, SECONDS, WRITE, Fault, Kind
from reconciler.sandbox.faults.notation import kind_of, method_of, range_of

Json = dict[str, Any]


class ScriptError(ValueError):
    """A script that cannot be carried out, with every problem in it; each has the path of names and positions."""

    def __init__(self, problems: tuple[tuple[tuple[str, ...], str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{'.'.join(path) or 'script'}: {message}" for path, message in problems))


@dataclass(frozen=True, slots=True)
class _Checked:
    """A value that is right where its check raises no ValueError."""

    check: Callable[[Any], object]
    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield the problem that the value has."""
        try:
            self.check(value)
        except ValueError as error:
            yield Problem.at(path, "invalid_value", str(error))


def _kind(value: Any) -> Kind:
    """Read the name of a kind; `429` need not be quoted."""
    return kind_of(str(value))


def _requests(value: Any) -> tuple[int, int | None]:
    return range_of(str(value))


def _number(most: float) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= most:
            raise ValueError(f"must be a number from 0 to {most:g}")

    return check


def _pattern(value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(("/", "*")):
        raise ValueError("must begin with / or *")


def _count(value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number, 1 or more")


_METHODS: Final = tuple(name for method in (*METHODS, WRITE) for name in dict.fromkeys((method, method.lower())))
_FAULT: Final[dict[str, Shape]] = {
    "kind": _Checked(_kind, required=True),
    "method": Text(one_of=_METHODS),
    "path": _Checked(_pattern),
    "requests": _Checked(_requests),
    "probability": _Checked(_number(1)),
    "times": _Checked(_count),
    "seconds": _Checked(_number(3600)),
}
_SCRIPT: Final = Object({"seed": Integer(), "faults": Items(Object(_FAULT), required=True)})


def read(value: Any) -> tuple[tuple[Fault, ...], int | None]:
    """Return the faults of a script and its seed; raises ScriptError with every problem.

    The script is `{"seed": 7, "faults": [{"kind", "method", "path", "requests", "probability", "times", "seconds"}]}`;
    only `faults`, and the kind of each, are required.
    """
    found = tuple(_SCRIPT.problems(value)) or tuple(_senseless(value["faults"]))
    if found:
        raise ScriptError(tuple((_steps(problem), problem.message) for problem in found))
    return tuple(_fault(entry) for entry in value["faults"]), value.get("seed")


def written(fault: Fault) -> Json:
    """Write a fault as a script has it."""
    told = {
        "kind": fault.kind.value,
        "method": fault.method,
        "path": fault.path,
        "requests": f"{fault.first}-{'' if fault.last is None else fault.last}",
        "probability": fault.probability,
        "times": fault.times,
        "seconds": fault.seconds if fault.kind in SECONDS else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _senseless(faults: list[Json]) -> Iterator[Problem]:
    timed = ", ".join(kind.value for kind in SECONDS)
    for position, entry in enumerate(faults):
        if "seconds" in entry and _kind(entry["kind"]) not in SECONDS:
            message = f"{entry['kind']} takes no time; those that do are {timed}"
            yield Problem.at(("faults", str(position), "seconds"), "invalid_value", message)


def _fault(entry: Json) -> Fault:
    kind = _kind(entry["kind"])
    first, last = _requests(entry.get("requests", "1-"))
    return Fault(
        kind,
        method_of(entry["method"]) if "method" in entry else None,
        entry.get("path"),
        first,
        last,
        float(entry.get("probability", 1)),
        entry.get("times"),
        float(entry.get("seconds", SECONDS.get(kind, 0.0))),
    )


def _steps(problem: Problem) -> tuple[str, ...]:
    return tuple(step for step in problem.pointer.split("/") if step)
