"""Plain values, from YAML or from JSON, in; the faults that they describe out, or each problem at its place; pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.sandbox.body import Integer, Items, Object, Path, Shape, Text
from reconciler.sandbox.errors import Problem
from reconciler.sandbox.faults.fault import METHODS, SECONDS, WRITE, Fault
from reconciler.sandbox.faults.notation import kind_of, method_of, range_of

Json = dict[str, Any]


class ScriptError(ValueError):
    """A script that cannot be carried out, with every problem in it; each has the path of names and positions."""

    def __init__(self, problems: tuple[tuple[tuple[str, ...], str], ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{'.'.join(path) or 'script'}: {message}" for path, message in problems))


@dataclass(frozen=True, slots=True)
class _Number:
    """A number between two bounds."""

    least: float
    most: float
    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not self.least <= value <= self.most:
            yield Problem.at(path, "invalid_value", f"must be a number from {self.least:g} to {self.most:g}")


@dataclass(frozen=True, slots=True)
class _Range:
    """A number of a request or a range of them."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        try:
            range_of(str(value))
        except ValueError as error:
            yield Problem.at(path, "invalid_value", str(error))


@dataclass(frozen=True, slots=True)
class _Kind:
    """The name of a kind; `429` need not be quoted."""

    required: bool = True

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        try:
            kind_of(str(value))
        except ValueError as error:
            yield Problem.at(path, "invalid_enum_value", str(error))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A path, with `*` and `?` for what may differ."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, str) or not value.startswith(("/", "*")):
            yield Problem.at(path, "invalid_value", "must begin with / or *")


@dataclass(frozen=True, slots=True)
class _Count:
    """How often: a whole number from 1."""

    required: bool = False

    def problems(self, value: Any, path: Path) -> Iterator[Problem]:
        """Yield each problem that the value has."""
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield Problem.at(path, "invalid_value", "must be a whole number, 1 or more")


_METHODS: Final = tuple(name for method in (*METHODS, WRITE) for name in dict.fromkeys((method, method.lower())))
_FAULT: Final[dict[str, Shape]] = {
    "kind": _Kind(),
    "method": Text(one_of=_METHODS),
    "path": _Pattern(),
    "requests": _Range(),
    "probability": _Number(0, 1),
    "times": _Count(),
    "seconds": _Number(0, 3600),
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
        if "seconds" in entry and kind_of(str(entry["kind"])) not in SECONDS:
            message = f"{entry['kind']} takes no time; those that do are {timed}"
            yield Problem.at(("faults", str(position), "seconds"), "invalid_value", message)


def _fault(entry: Json) -> Fault:
    kind = kind_of(str(entry["kind"]))
    first, last = range_of(str(entry.get("requests", "1-")))
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
