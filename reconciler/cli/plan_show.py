"""`reconciler plan show`: a plan file in, the plan as it was shown out. Offline: no account, no key, no workspace."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import says_more, shows_texts, takes_format


@click.command("show")
@click.argument("file", metavar="FILE")
@takes_format("text", "json", "markdown", "html")
@shows_texts
@says_more
def command(*, file: str, form: str, show_private: bool) -> int:
    """Show the plan that `reconciler plan --out FILE` saved, as it was shown then. Reads nothing but FILE.

    Texts of private incidents are digests in it, unless it was made with --show-private.
    """
    from reconciler.cli import planfiles  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.showing import show_saved  # noqa: PLC0415

    show_saved(planfiles.read(file), form, sys.stdout, show_private=show_private)
    return 0
