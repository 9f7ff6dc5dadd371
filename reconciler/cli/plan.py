"""`reconciler plan`: manifests and the live account in, what apply would do out. Reads only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import reaches_account, reads_manifests, shows_texts, stays_within_limits, takes_format

if TYPE_CHECKING:
    from reconciler.cli.options import Access, Selection


@click.command()
@reads_manifests
@takes_format("text", "json", "markdown")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
@stays_within_limits
@shows_texts
@reaches_account
def command(
    *,
    selection: Selection,
    form: str,
    detailed_exitcode: bool,
    allow: tuple[str, ...],
    show_private: bool,
    access: Access,
) -> int:
    """Show what apply would do to the account, and who would notice. Sends nothing but GET, and writes nothing."""
    from reconciler import reconcile  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.loading import load  # noqa: PLC0415
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.cli.showing import show  # noqa: PLC0415
    from reconciler.errors import Exit  # noqa: PLC0415

    loaded = load(access, selection, allow)
    with connected(loaded.workspace, access, read_only=True) as session:
        plan = reconcile.plan(loaded, session.client, session.store.read())
    show(plan, form, sys.stdout, show_private=show_private)
    reconcile.check(plan, loaded)
    if plan.refusals:
        return Exit.REFUSED
    return Exit.CHANGES if detailed_exitcode and not plan.is_empty else Exit.DONE
