"""`reconciler drift`: manifests, what is remembered and the live account in, what changed outside out. Reads only."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import reaches_account, reads_manifests, settles_drift, shows_texts, takes_format

if TYPE_CHECKING:
    from reconciler.cli.options import Access, Selection
    from reconciler.cli.session import Session
    from reconciler.drift import Report
    from reconciler.reconcile import Loaded


@click.command()
@reads_manifests
@takes_format("text", "json", "markdown", "html")
@settles_drift
@shows_texts
@reaches_account
def command(*, selection: Selection, form: str, show_private: bool, access: Access) -> int:
    """Show what changed outside since our last apply, who changed it, and what the next apply does with it.

    Exits with 2 where there is some. Sends nothing but GET, and writes nothing: besides what a plan reads, the
    timeline items of each incident that declares some, a request each. Times are UTC.
    """
    from reconciler.cli.loading import load  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.cli.showing import show_drift  # noqa: PLC0415
    from reconciler.errors import Exit  # noqa: PLC0415

    loaded = load(access, selection)
    with connected(loaded.workspace, access, read_only=True) as session:
        report = _report(loaded, session, shows=show_private or sys.stdout.isatty())
    show_drift(report, form, sys.stdout)
    return Exit.DONE if report.is_empty else Exit.CHANGES


def _report(loaded: Loaded, session: Session, *, shows: bool) -> Report:
    """Return what changed outside; nothing is read where nothing is remembered."""
    from reconciler import drift, learning, reconcile, removal  # noqa: PLC0415  (see above)
    from reconciler.identity import claims  # noqa: PLC0415
    from reconciler.secrecy.private import veiled  # noqa: PLC0415

    workspace, memory = loaded.workspace, session.store.read()
    known, _ = claims.follow(loaded.manifests, memory, workspace.namespace)
    gone = removal.gone(known, {one.key for one in loaded.manifests}) if loaded.is_whole else {}
    if not gone and not any(known.record(one.key) for one in loaded.manifests):
        others = sum(not key.child for key in known.state.records)
        empty = drift.Report(workspace.name, workspace.organisation, loaded.files, len(loaded.manifests), 0)
        return replace(empty, others=others)
    plan = reconcile.plan(loaded, session.client, memory, every_child=True)
    return drift.of(plan if shows else veiled(plan), learning.followed(plan, memory), len(gone))
