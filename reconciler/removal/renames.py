"""Creates and what is going away in; those that look like one that was renamed out, refused as a pair. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import alike
from reconciler.diff import Diff
from reconciler.model import NO_MANIFEST, Create, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import Key
    from reconciler.removal.undeclared import Gone


def renamed(diffs: Mapping[Key, Diff], all_gone: Iterable[Gone]) -> dict[Key, Diff]:
    """Return refusals for each create whose name is or was that of something going away, and for that one.

    `metadata.not` with the ID or the reference of what goes away says that it is another one.
    """
    by_name: dict[tuple[str, str], Gone] = {
        (one.key.kind, name): one for one in all_gone if not (one.holder or one.wanted_by) for name in one.names
    }
    stopped: dict[Key, Diff] = {}
    for create in _creates(diffs):
        one = by_name.get((create.key.kind, alike.title(create.name)))
        if one and not {one.record.id, one.record.reference} & set(create.not_these):
            has = "has" if alike.title(one.name) == alike.title(create.name) else "had"
            message = f"{one.key} ({one.known}) {has} this name and is no longer declared: renamed?"
            hint = (
                f"write `was: {one.key.name}` below `metadata:` if it is that one; "
                f"if it is another, `not: [{one.known}]`"
            )
            stopped[create.key] = Diff(refusals=[Refusal(Why.AMBIGUOUS, create.key, create.source, message, hint)])
            message = f"{create.key}, which does not exist yet, has the name of {one.known}: renamed?"
            stopped[one.key] = Diff(
                refusals=[Refusal(Why.AMBIGUOUS, one.key, NO_MANIFEST, message, f"see {create.key}")]
            )
    return stopped


def _creates(diffs: Mapping[Key, Diff]) -> Iterator[Create]:
    for diff in diffs.values():
        yield from (one for one in diff.changes if isinstance(one, Create) and not one.key.child)
