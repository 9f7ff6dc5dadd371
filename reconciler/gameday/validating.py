"""What was read of a workspace → what is wrong with its game days, for `validate`; plans never look at these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import Invalid, Problem
from reconciler.gameday import checking, facts, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.documents import Document
    from reconciler.manifest import Manifests
    from reconciler.workspace import Workspace


@dataclass(slots=True)
class Besides:
    """Checks the game days that lie beside manifests, and counts them."""

    count: int = 0

    def problems(self, workspace: Workspace, read: Manifests) -> Iterator[Problem]:
        """Yield what is wrong with each, and two of one name."""
        self.count = len(read.game_days)
        beside = facts.of_manifests(read) if workspace.is_whole else facts.of_workspace(workspace)
        surroundings = reading.Surroundings(workspace.environ, workspace.defaults, beside, workspace.keys())
        for document in read.game_days:
            try:
                day = reading.written_out(document, surroundings, None)
            except Invalid as invalid:
                yield from invalid.problems
            else:
                yield from checking.not_allowed(day, workspace)
        yield from _namesakes(read.game_days)


def _namesakes(documents: Sequence[Document]) -> Iterator[Problem]:
    """Yield a problem for each game day with the name of another one."""
    first: dict[str, Document] = {}
    for document in documents:
        metadata = document.value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str) and (other := first.setdefault(name, document)) is not document:
            told = f"another game day is called `{name}`, first at {other.at('metadata', 'name')}"
            yield Problem(document.at("metadata", "name"), told, "change one of them, or take it out")
