"""A fault in one word, `drop-after:2:POST:/v2/incidents`, in, and the fault out; pure."""

import re
from typing import Final

from reconciler.sandbox.faults.fault import METHODS, SECONDS, WRITE, Fault, Kind

FORM: Final = "KIND[=SECONDS]:WHICH[:METHOD][:PATH]"

_SPEC: Final = re.compile(
    r"(?P<kind>[a-z0-9-]+)(=(?P<seconds>[^:]*))?:(?P<which>[^:]+)(:(?P<method>[A-Za-z]+))?(::?(?P<path>/.*))?"
)
_RANGE: Final = re.compile(r"(?P<first>\d{1,9})(?P<range>-(?P<last>\d{1,9})?)?")
_PERCENT: Final = re.compile(r"(?P<number>\d{1,3}(\.\d+)?)%")


def parse(spec: str) -> Fault:
    """Read `KIND[=SECONDS]:WHICH[:METHOD][:PATH]`; ValueError says what is wrong with it.

    WHICH is a number, a range (`3-5`, `7-`) or a chance (`5%`) of the requests that the method and the path select.
    """
    found = _SPEC.fullmatch(spec)
    if not found:
        raise ValueError(f"{spec!r} is not a fault; write {FORM}, as in drop-after:2:POST or 503-before:5%:GET")
    try:
        kind = kind_of(found["kind"])
        first, last, probability = _which(found["which"])
        return Fault(
            kind,
            method_of(found["method"]) if found["method"] else None,
            found["path"],
            first,
            last,
            probability,
            seconds=_seconds(kind, found["seconds"]),
        )
    except ValueError as error:
        raise ValueError(f"{spec!r}: {error}") from None


def kind_of(text: str) -> Kind:
    """Read the name of a kind."""
    try:
        return Kind(text)
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        raise ValueError(f"{text} is not a kind of fault; there are {known}") from None


def method_of(text: str) -> str:
    """Read a method, in any case, or `write`."""
    if text.lower() == WRITE:
        return WRITE
    if text.upper() not in METHODS:
        raise ValueError(f"{text} is not a method; there are {', '.join(METHODS)} and {WRITE}")
    return text.upper()


def range_of(text: str) -> tuple[int, int | None]:
    """Read `3`, `3-5` or `7-`: the first and the last request, None where there is no end."""
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is not a number such as 3, nor a range such as 3-5 or 7-")
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else None if found["range"] else first
    if first < 1 or (last is not None and last < first):
        raise ValueError("requests count from 1, and a range ends where it begins or later")
    return first, last


def _which(text: str) -> tuple[int, int | None, float]:
    chance = _PERCENT.fullmatch(text)
    if not chance:
        return *range_of(text), 1.0
    percent = float(chance["number"])
    if percent > 100:  # noqa: PLR2004
        raise ValueError(f"{text} is more than always")
    return 1, None, percent / 100


def _seconds(kind: Kind, text: str | None) -> float:
    if text is None:
        return SECONDS.get(kind, 0.0)
    if kind not in SECONDS:
        raise ValueError(f"{kind.value} takes no time; those that do are {', '.join(one.value for one in SECONDS)}")
    if not re.fullmatch(r"\d{1,5}(\.\d+)?s?", text):
        raise ValueError(f"{text!r} is not a time in seconds; write 2 or 0.5")
    return float(text.removesuffix("s"))
