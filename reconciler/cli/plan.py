"""`reconciler plan`: manifests and the live account in, what apply would do out. Reads only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import (
    is_file_name,
    prunes,
    reaches_account,
    reads_manifests,
    settles_drift,
    shows_texts,
    stays_within_limits,
    takes_format,
)
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access, Selection


class OrShow(click.Command):
    """A command that takes paths, unless the first is `show`: the command of that name is meant then."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return what the arguments mean; a path of that name is `./show`."""
        if args[:1] == ["show"]:
            from reconciler.cli.plan_show import command as show_saved  # noqa: PLC0415  (only where it is called)

            return show_saved.make_context(f"{info_name} show", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=OrShow)
@reads_manifests
@click.option("--out", metavar="FILE", help="Save the plan, for `reconciler apply --plan FILE`.", callback=is_file_name)
@takes_format("text", "json", "markdown", "html")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
@prunes
@stays_within_limits
@settles_drift
@shows_texts
@reaches_account
def command(
    *,
    selection: Selection,
    out: str,
    form: str,
    detailed_exitcode: bool,
    prune: bool,
    allow: tuple[str, ...],
    show_private: bool,
    access: Access,
) -> int:
    """Show what apply would do to the account, and who would notice. Sends nothing but GET.

    It writes nothing but the plan, where --out names a file. `reconciler plan show FILE` shows a saved plan.
    """
    from reconciler import reconcile  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.loading import load  # noqa: PLC0415
    from reconciler.cli.planfiles import command_for, saved, write  # noqa: PLC0415
    from reconciler.cli.saving import require_replaceable  # noqa: PLC0415
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.cli.showing import show  # noqa: PLC0415
    from reconciler.errors import Exit  # noqa: PLC0415
    from reconciler.planfile import Scope, is_saved  # noqa: PLC0415

    if out:
        require_replaceable(out, "saved plan", is_saved)
    loaded = load(access, selection, allow, prune=prune)
    with connected(loaded.workspace, access, read_only=True) as session:
        plan = reconcile.plan(loaded, session.client, session.store.read())
    scope = Scope(selection.paths, selection.select, selection.exclude, allow, access.on_drift or "", prune)
    kept = saved(plan, loaded, scope, show_private=show_private) if out else None
    try:
        if kept:
            write(kept, out)
    finally:
        # What cannot be saved is shown all the same, and what nobody reads to its end is saved.
        show(plan, form, sys.stdout, show_private=show_private, salt=kept.salt if kept else "")
    if kept:
        does = "refuses it, as it is over its limits" if plan.over_limits else "applies it"
        tell(f"saved {out}: `{command_for(out, loaded.workspace)}` {does}", err=True)
    reconcile.check(plan, loaded)
    if plan.refusals:
        return Exit.REFUSED
    return Exit.CHANGES if detailed_exitcode and not plan.is_empty else Exit.DONE
