"""What the workspace and `--allow` let one run do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import Misused
from reconciler.kinds.incident import MODES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULTS: Mapping[str, int] = {"delete": 5, "quiet_minutes": 15}
"""Limits of a workspace that says nothing of them."""
COUNTS = ("create", "edit", "delete", "percent")
LONGEST = 9
"""Digits of a number; more resources than that nobody has."""
FORMS = (*(f"{name}=NUMBER" for name in COUNTS), "mode=MODE", "paging", "subscribers", "touched")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one run may do. `limits` are the most it may do of each word, `modes` those it may declare (None: all).

    `by_default` are the limits that nobody stated, `by_flag` those that this run alone has.
    """

    limits: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULTS))
    modes: frozenset[str] | None = None
    paging: bool = False
    subscribers: bool = False
    touched: bool = False
    by_default: frozenset[str] = frozenset(DEFAULTS)
    by_flag: frozenset[str] = frozenset()

    @classmethod
    def of(cls, limits: Mapping[str, int], allow: Mapping[str, Any]) -> Allowance:
        """Return what `limits` and `allow` of a workspace say."""
        return cls(
            {**DEFAULTS, **limits},
            frozenset(allow["modes"]) if "modes" in allow else None,
            paging=allow.get("paging", False),
            subscribers=allow.get("subscribers", False),
            by_default=frozenset(DEFAULTS) - limits.keys(),
        )

    @property
    def quiet_minutes(self) -> int:
        """Return how long people must have left an incident alone before it is closed; 0 for not at all."""
        return 0 if self.touched else self.limits["quiet_minutes"]


def allowance(allowed: Allowance, terms: Sequence[str] = ()) -> Allowance:
    """Return what a workspace allows, and beyond it what the terms of `--allow` do; raises `Misused` for others."""
    for term in terms:
        allowed = _beyond(allowed, term)
    return allowed


def _beyond(allowed: Allowance, term: str) -> Allowance:
    name, equals, value = term.partition("=")
    match name:
        case "paging" if not equals:
            return replace(allowed, paging=True)
        case "subscribers" if not equals:
            return replace(allowed, subscribers=True)
        case "touched" if not equals:
            return replace(allowed, touched=True)
        case "mode" if value in MODES:
            return allowed if allowed.modes is None else replace(allowed, modes=allowed.modes | {value})
        case _ if name in COUNTS and value.isascii() and value.isdecimal() and len(value) <= LONGEST:
            return replace(
                allowed,
                limits={**allowed.limits, name: int(value)},
                by_default=allowed.by_default - {name},
                by_flag=allowed.by_flag | {name},
            )
        case "mode" if value:
            raise Misused(f"--allow {term}: `{value}` is not a mode", f"the modes are {', '.join(MODES)}")
        case _:
            raise Misused(f"--allow {term}: there is no such limit", f"it takes {', '.join(FORMS)}")
