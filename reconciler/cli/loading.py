"""Flags that choose manifests in, the manifests out: read, checked and selected; offline."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler import reconcile
from reconciler.cli.telling import tell
from reconciler.errors import Invalid
from reconciler.secrecy import leaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.cli.options import Access, Selection
    from reconciler.errors import Problem
    from reconciler.manifest import Manifests
    from reconciler.reconcile import Loaded
    from reconciler.workspace import Workspace


def load(
    access: Access,
    selection: Selection,
    allow: Sequence[str] = (),
    *,
    prune: bool = False,
    besides: Callable[[Workspace, Manifests], Iterable[Problem]] = lambda *_: (),
) -> Loaded:
    """Return the manifests of PATH, or of the workspace; what comes along unselected is told on stderr.

    `allow` are the terms that let this run pass a limit; `prune` takes away what is not declared any more; `besides`
    tells what else is wrong.

    Raises `Invalid` with all that is wrong with them, `Misused` for flags that contradict each other.
    """
    workspace = access.load(selection.paths)
    loaded = reconcile.load(
        workspace,
        select=selection.select,
        exclude=selection.exclude,
        allow=allow,
        prune=prune,
        besides=partial(besides, workspace),
    )
    if leaked := list(leaks.problems(loaded.manifests, workspace.keys())):
        raise Invalid(leaked)
    if loaded.brought:
        tell(f"with them, as they are referred to: {', '.join(sorted(loaded.brought))}", err=True)
    return loaded
