"""An incident in, what lists find it by out: the facets that it has, and the numbers in its custom fields; pure."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.incidents.sight import is_member

if TYPE_CHECKING:
    from reconciler.sandbox.incidents.incident import Incident

Json = dict[str, Any]

_LONGEST = 64  # a longer value stands in a facet as its digest


@dataclass(frozen=True, slots=True)
class Facets:
    """Everything that one incident is found by: facets by name, amounts as a custom field and a number."""

    names: frozenset[str] = frozenset()
    amounts: frozenset[tuple[str, float]] = frozenset()


def facet(kind: str, *of: str) -> str:
    """Name a facet: `status ID`, `field ID` where it is set at all, `field ID VALUE` where it has this value."""
    *identifiers, last = of
    return " ".join((kind, *identifiers, last if len(last) <= _LONGEST else _digest(last)))


def facets_of(incident: "Incident") -> Facets:
    """Collect everything that an incident is found by."""
    return Facets(frozenset(_names(incident)), frozenset(_amounts(incident)))


def _names(incident: "Incident") -> Iterator[str]:
    for kind in ("mode", "visibility", "status", "severity", "type"):
        value = getattr(incident, kind)
        if value is not None:
            yield facet(kind, value)
    for field, values in incident.body["fields"].items():
        yield facet("field", field)
        yield from (facet("field", field, value) for value in values)
    for role, user in incident.body["roles"].items():
        yield facet("role", role)
        yield facet("role", role, user)
    if incident.visibility == "private":
        yield from (facet("member", user) for user in _mentioned(incident.body) if is_member(incident.body, user))


def _amounts(incident: "Incident") -> Iterator[tuple[str, float]]:
    for field, values in incident.body["fields"].items():
        for value in values:
            try:
                amount = float(value)
            except ValueError:
                continue
            if math.isfinite(amount):
                yield field, amount


def _mentioned(body: Json) -> set[str]:
    """Return everybody who can be a member."""
    return {*body["roles"].values(), *body.get("members", {}), *(user["id"] for user in body["creator"].values())}


def _digest(text: str) -> str:
    # A hyphen more than the longest value that stands for itself, so that no value is taken for a digest.
    return f"-{hashlib.sha256(text.encode()).hexdigest()}"
