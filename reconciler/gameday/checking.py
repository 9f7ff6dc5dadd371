"""A game day and when everything is due → what is wrong with its script, as far as can be known offline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.gameday.script import Declare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.facts import Facts
    from reconciler.gameday.script import GameDay, Timetable


def problems(day: GameDay, table: Timetable, facts: Facts) -> Iterator[Problem]:
    """Yield what cannot be carried out, and what nobody can do."""
    del table, facts
    declared = {step.incident for step in day.steps if isinstance(step.deed, Declare)}
    for name, template in day.incidents.items():
        if name not in declared:
            yield Problem(template.source, f"nothing declares `{name}`", "write a step that does, or take it out")
