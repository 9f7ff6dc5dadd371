"""A game day's expectations and an account → what they name that the account does not have. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.errors import Invalid
from reconciler.gameday.script import Expect, FieldFilled, RoleAssigned, SeverityAtLeast, StatusReached
from reconciler.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.api import Client
    from reconciler.gameday.script import Condition, Step
    from reconciler.model import Source


def check(steps: Iterable[Step], client: Client) -> None:
    """Raise `Invalid` with every name that an expectation could not find: people would fail it whatever they do."""
    wanted = list(_named(steps))
    tables = {kind: kinds.listing(kind) for kind, _, _ in wanted}
    read = {
        (kind, ""): client.list(table.path, table.items, page_size=table.page_size or None)
        for kind, table in sorted(tables.items())
    }
    names = Names(read)
    for kind, name, source in wanted:
        names.find(kind, name, source)
    if names.problems:
        raise Invalid(names.problems)


def _named(steps: Iterable[Step]) -> Iterator[tuple[str, str, Source]]:
    for step in steps:
        if isinstance(step.deed, Expect):
            yield from ((kind, name, step.source) for kind, name in _names(step.deed.condition))


def _names(condition: Condition) -> Iterator[tuple[str, str]]:
    match condition:
        case RoleAssigned(role):
            yield "IncidentRole", role
        case SeverityAtLeast(severity):
            yield "Severity", severity
        case StatusReached(status):
            yield "IncidentStatus", status
        case FieldFilled(field):
            yield "CustomField", field
