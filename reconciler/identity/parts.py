"""Which part of an object, a timeline item or an option, a declared one is: by its ID, by what it says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import alike
from reconciler.kinds.spec import observe
from reconciler.model import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from reconciler.kinds.spec import ChildKind
    from reconciler.model import Child, Key
    from reconciler.state import Memory

    IsIt = Callable[[Child, Live], bool]


def live_of(table: ChildKind, raw: Mapping[str, Any]) -> Live:
    """Return a part as leaves."""
    return Live(raw["id"], observe(table.fields, raw), raw)


def matched(
    table: ChildKind, declared: Sequence[Child], live: Sequence[Live], memory: Memory, recorded: Collection[str] = ()
) -> dict[Key, Live]:
    """Return the live part that each declared one is, as far as it is there; no live one is two of them.

    No two options of a field have one value, so what has it is that option, whoever made it or called it so; then the
    ID decides that state has, then what a server may have made of the value. A timeline item is what state says, and
    what is `recorded` as some item, declared still or not, is that one's for good; only without a record it is known
    by what it says.
    """
    known = {child.key: record.id for child in declared if (record := memory.record(child.key)) is not None}

    def is_known(child: Child, one: Live) -> bool:
        return known.get(child.key) == one.id

    def unless_settled(is_it: IsIt) -> IsIt:
        return lambda child, one: child.key not in known and one.id not in recorded and is_it(child, one)

    says = _compared(table, lambda one, other: bool(one == other))
    if table.keyed:
        return _taken(declared, live, [is_known, *map(unless_settled, (says, _compared(table, alike.is_alike)))])
    return _taken(declared, live, [says, is_known, _compared(table, alike.is_called)])


def _taken(declared: Sequence[Child], live: Sequence[Live], ways: Sequence[IsIt]) -> dict[Key, Live]:
    """Let each take the first live one that is left and is it, by one way after the other."""
    found: dict[Key, Live] = {}
    left = list(live)
    for is_it in ways:
        for child in declared:
            one = None if child.key in found else next((one for one in left if is_it(child, one)), None)
            if one is not None:
                found[child.key] = one
                left.remove(one)
    return found


def _compared(table: ChildKind, is_same: Callable[[Any, Any], bool]) -> IsIt:
    """Return whether a live one says what a declared one does, by what its kind is known by."""

    def is_it(child: Child, one: Live) -> bool:
        return all(is_same(one.leaves[path,].value, child.leaves[path,].value) for path in table.natural_key)

    return is_it
