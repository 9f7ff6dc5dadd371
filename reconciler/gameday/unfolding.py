"""A game day and the steps that were carried out so far → the manifests that they come to. Pure.

At every moment the desired state is the incidents declared so far, with each step applied in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.gameday.script import GameDay, Step
    from reconciler.model import Manifest


def manifests(day: GameDay, applied: Sequence[Step], run_id: str, dated: Callable[[Step], str]) -> dict[str, Manifest]:
    """Return the manifest of each incident that is declared among `applied`, by its name in the script.

    `dated` tells when a timeline item happened, as RFC 3339 text. Steps on what is not declared are left out.
    """
    raise NotImplementedError


def named(steps: Iterable[Step]) -> frozenset[str]:
    """Return the fields of an incident that steps name: these they write, whatever people made of them."""
    raise NotImplementedError
