"""`reconciler validate`: manifests in, all their problems out; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import reads_manifests, stays_offline
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access, Selection


@click.command()
@reads_manifests
@stays_offline
def command(*, selection: Selection, access: Access) -> int:
    """Check the manifests and game days of PATH, or of the workspace, without reaching anything.

    All problems of all files are told at once, each as file:line:column with what to do about it.
    """
    from reconciler.cli.loading import load  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.gameday.validating import Besides  # noqa: PLC0415
    from reconciler.render.words import count  # noqa: PLC0415

    game_days = Besides()
    loaded = load(access, selection, besides=game_days.problems)
    counted = [count(loaded.files, "file"), count(len(loaded.manifests), "resource")]
    counted += [count(game_days.count, "game day")] if game_days.count else []
    tell(f"{', '.join(counted)}: valid.")
    return 0
