"""`reconciler gameday status` and `list`: how runs stand, from their journals; takes no lock, reaches no account."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, takes_format
from reconciler.cli.telling import tell, tell_json

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.gameday.status import Status
    from reconciler.workspace import Workspace


@click.command("status", short_help="Tell how a run stands.")
@click.argument("run", default="", metavar="[RUN]")
@takes_format("text", "json")
@finds_state
def status(*, run: str, form: str, access: Access) -> int:
    """Tell how RUN stands, or the newest run: who hosts it, its clock, what comes next, its incidents.

    Works from another terminal while it is played, and takes nothing from whoever plays it.
    """
    from reconciler.cli.gameday.runs import chosen, command, looked_at  # noqa: PLC0415  (flags are told without reading)
    from reconciler.gameday.status import Standing  # noqa: PLC0415
    from reconciler.render import page  # noqa: PLC0415
    from reconciler.render.gameday import status as rendering  # noqa: PLC0415

    workspace = looked_at(access)
    found = _of(workspace, chosen(workspace, run, is_state_enough=True))
    if form == "json":
        tell_json(rendering.as_object(found))
        return 0
    page.write(rendering.page(found), sys.stdout)
    hints = {
        Standing.LEFT: f"`{command(workspace, 'run', 'FILE', '--run-id', found.run)}` goes on with it, "
        f"`{command(workspace, 'cleanup', found.run)}` ends it",
        Standing.UNCLEAN: f"`{command(workspace, 'cleanup', found.run)}` closes what is still open",
        Standing.BROKEN: f"`{command(workspace, 'cleanup', found.run)}` closes what it declared",
        Standing.OVER: f"`{command(workspace, 'report', found.run)}` tells how it went" if found.gameday else "",
    }
    if hint := hints.get(found.standing):
        tell(f"hint: {hint}", err=True)
    return 0


@click.command("list", short_help="List the runs.")
@takes_format("text", "json")
@finds_state
def list_(*, form: str, access: Access) -> int:
    """List the runs of this workspace and account, the newest first: how each stands, its score, when it began."""
    from reconciler.cli.gameday.runs import looked_at, none, way_on  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.gameday import log  # noqa: PLC0415
    from reconciler.render import page  # noqa: PLC0415
    from reconciler.render.gameday import status as rendering  # noqa: PLC0415
    from reconciler.state.neighbours import remembered  # noqa: PLC0415

    workspace = looked_at(access)
    found = [_of(workspace, run) for run in log.runs(workspace)]
    without = (_of(workspace, run) for run in sorted(remembered(workspace) - {one.run for one in found}))
    # A host that died in its very first line declared nothing.
    found += [one for one in without if one.incidents]
    if form == "json":
        tell_json([rendering.as_object(one) for one in found])
        return 0
    page.write(rendering.table(found), sys.stdout)
    if not found:
        tell(f"{none(workspace)}\nhint: {way_on(workspace)}", err=True)
    return 0


def _of(workspace: Workspace, run: str) -> Status:
    from reconciler import state  # noqa: PLC0415  (see above)
    from reconciler.gameday import log  # noqa: PLC0415
    from reconciler.gameday import status as standing  # noqa: PLC0415

    store = state.store_of(log.workspace_of(workspace, run))
    claim = store.claim()
    host, story = claim.told if claim else "", log.peek(workspace, run)
    if story.begun is None:
        return standing.of_state(run, story, store.read(), host)
    return standing.of(story, time.time(), host)
