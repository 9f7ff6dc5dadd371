"""A game day and when everything is due → what is wrong with its script, as far as can be known offline. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.gameday import expectable, lifecycle, order
from reconciler.gameday.facts import Facts
from reconciler.gameday.script import Declare, Timeline, Update
from reconciler.gameday.templates import FILLED_IN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reconciler.gameday.script import GameDay, Template, Timetable
    from reconciler.model import Source
    from reconciler.workspace import Workspace


def problems(
    day: GameDay, table: Timetable, facts: Facts | None = None, unsure: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what cannot be carried out, and what nobody can do.

    `facts` tell what is known of the account's names; of incidents that are `unsure` it is not known what they are.
    """
    yield from _unused(day)
    told: set[tuple[str, Source]] = set()
    for template in day.incidents.values():
        found = list(_of_incident(day, template, table, facts or Facts(), is_sure=template.name not in unsure))
        # What is wrong with all incidents of a group is told of the first one.
        yield from (one for one in found if not template.group or (template.group, one.source) not in told)
        told |= {(template.group, one.source) for one in found}


def modes(day: GameDay, workspace: Workspace) -> set[str]:
    """Return the modes that incidents would be declared in and that the workspace does not allow game days."""
    wanted = {str(one.spec.get("mode")) for one in day.incidents.values()}
    return wanted - {FILLED_IN["mode"]} - workspace.gameday_modes


def not_allowed(day: GameDay, workspace: Workspace) -> Iterator[Problem]:
    """Yield a problem for each incident in a mode that the workspace does not allow game days."""
    refused = modes(day, workspace)
    for template in day.incidents.values():
        mode = template.spec.get("mode")
        if mode in refused and template.document:
            told = f"a game day declares incidents in {FILLED_IN['mode']} mode, and this one would be in {mode} mode"
            allowed = ", ".join(sorted({*workspace.gameday_modes, str(mode)}))
            hint = f"take `mode:` out, or let reconciler.yaml say `gamedays: {{modes: [{allowed}]}}`"
            yield Problem(template.document.at("spec", "mode"), told, hint)


def _unused(day: GameDay) -> Iterator[Problem]:
    """Yield the incidents that nothing declares; of a group once, where that is all of it."""
    declared = {step.incident for step in day.steps if isinstance(step.deed, Declare)}
    groups = {one.group for name, one in day.incidents.items() if name in declared}
    for name, one in day.incidents.items():
        if name not in declared:
            called = one.group if one.group and one.group not in groups else name
            yield Problem(one.source, f"nothing declares `{called}`", "write a step that does, or take it out")


def _of_incident(
    day: GameDay, template: Template, table: Timetable, facts: Facts, *, is_sure: bool
) -> Iterator[Problem]:
    """Yield what is wrong with the steps of one incident."""
    own = [(at, step) for at, step in table.steps if step.incident == template.name]
    if not any(isinstance(step.deed, Declare) for _, step in own):
        return
    if is_sure:
        yield from _repeated(day, template)
    found = [*order.problems(day, own), *order.of_cast(day, own, table, template.name)]
    yield from found
    if is_sure and not found:
        yield from lifecycle.problems(day, template, own, facts)
        yield from expectable.problems(day, template, own, facts)


def _repeated(day: GameDay, template: Template) -> Iterator[Problem]:
    """Yield updates and timeline items with the ID of another one of their incident."""
    for noun, kind in (("updates", Update), ("timeline", Timeline)):
        seen = {one["id"] for one in template.spec.get(noun, ()) if isinstance(one, dict) and "id" in one}
        for step in day.steps:
            if isinstance(step.deed, kind) and step.incident == template.name:
                if step.deed.id in seen:
                    told = f"`{step.deed.id}` is used twice in the {noun} of `{template.name}`"
                    place = day.at(step, kind.__name__.lower(), "id")
                    yield Problem(place, told, "give each an ID of its own")
                seen.add(step.deed.id)
