"""The name of a run in, the run out: the newest where none is named; and what to type about it next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.telling import tell
from reconciler.cli.way import Way
from reconciler.errors import Misused
from reconciler.gameday import log
from reconciler.nearest import did_you_mean
from reconciler.render.words import count
from reconciler.state.neighbours import remembered
from reconciler.workspace import SANDBOX_URL

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.workspace import Workspace


def chosen(workspace: Workspace, named: str = "", *, is_state_enough: bool = False) -> str:
    """Return the ID of the run that is meant; raises `Misused` where there is none such, or none at all.

    One whose journal is lost is one where its state `is_state_enough`.
    """
    known = log.runs(workspace)
    if named and named not in known and named in remembered(workspace):
        if is_state_enough:
            return named
        hint = f"its state is there: `{command(workspace, 'cleanup', named)}` closes what it declared"
        raise Misused(f"the journal of run `{named}` is lost, and its report with it", hint)
    if not known:
        raise Misused(none(workspace), way_on(workspace, *([named] if named else [])))
    if named and named not in known:
        hint = f"`{command(workspace, 'list')}` lists them"
        raise Misused(f"there is no run `{named}`{did_you_mean(named, known)}", hint)
    return named or known[0]


def none(workspace: Workspace) -> str:
    """Return that there is no run, and where there is none."""
    place = "in the sandbox" if workspace.is_sandbox else f"on {workspace.base_url}"
    told = f"workspace {workspace.name} has no game day played {place} yet"
    return told if workspace.file else f"no game day was played {place} from this folder yet"


def way_on(workspace: Workspace, *words: str) -> str:
    """Return what to type where there is no run: each account has its own, which is easily forgotten."""
    sandbox = replace(workspace, is_sandbox=True, base_url=SANDBOX_URL)
    if rehearsed := _rehearsed(workspace):
        asked = click.get_current_context().info_name or "list"
        again = command(sandbox, asked, *(words or ([rehearsed[0]] if asked == "cleanup" else [])))
        return f"the sandbox has {count(len(rehearsed), 'run')}: `{again}`"
    return "`reconciler gameday run FILE` plays a script"


def looked_at(access: Access) -> Workspace:
    """Return the workspace whose runs are looked at: that of the sandbox where it alone has any, and says so."""
    workspace = access.load()
    if access.base_url or log.runs(workspace) or remembered(workspace) or not _rehearsed(workspace):
        return workspace
    tell(f"{none(workspace)}: this is told of the sandbox", err=True)
    return replace(workspace, is_sandbox=True, base_url=SANDBOX_URL)


def _rehearsed(workspace: Workspace) -> list[str]:
    if workspace.is_sandbox:
        return []
    return log.runs(replace(workspace, is_sandbox=True, base_url=SANDBOX_URL))


def command(workspace: Workspace, *words: str) -> str:
    """Return a command about game days as it is to be typed from the current folder."""
    return Way.to(workspace).command(" ".join(["gameday", *words]))
