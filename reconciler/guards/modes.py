"""Does a plan declare incidents in a mode that the workspace does not allow? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.kinds.incident import MODES
from reconciler.model import Create

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.guards.allowance import Allowance
    from reconciler.model import Key, Plan


def vetoes(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> Iterator[Refused]:
    """Yield a refusal for each mode that is not allowed, at the first incident that would be declared in it."""
    if allowed.modes is None:
        return
    found: dict[str, list[Create]] = {}
    for change in plan.changes:
        mode = declared.get(change.key)
        if isinstance(change, Create) and mode and mode not in allowed.modes:
            found.setdefault(mode, []).append(change)
    for mode, (first, *others) in found.items():
        more = f" (and {len(others):,} more)" if others else ""
        may = ", ".join(sorted(allowed.modes)) or "none"
        line = ", ".join(one for one in MODES if one == mode or one in allowed.modes)
        yield Refused(
            f"{first.source}: {first.key}{more} would be declared in {mode} mode, and the workspace allows {may}",
            f"`--allow mode={mode}` lets it pass this once, `allow: {{modes: [{line}]}}` in reconciler.yaml always; "
            "or change its `mode:`",
        )
