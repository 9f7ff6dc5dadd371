"""`reconciler state rebuild`: what is remembered, found again from the account and the manifests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Selection, reaches_account, shows_texts, takes_format, waits_for_lock
from reconciler.cli.telling import tell, tell_json
from reconciler.cli.voice import voice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.cli.options import Access
    from reconciler.cli.session import Session
    from reconciler.model import Plan
    from reconciler.rebuild import Finding
    from reconciler.state import Memory
    from reconciler.workspace import Workspace


@click.command(short_help="Find everything again.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what is found, and write nothing.")
@takes_format("text", "json")
@shows_texts
@reaches_account
@waits_for_lock
def rebuild(*, auto_approve: bool, dry_run: bool, form: str, show_private: bool, access: Access) -> int:
    """Find everything again, and say how sure it is of each; a copy of the old state stays beside the new one.

    Certain is what an ID, the marker or the state tells, where nothing in the account speaks against it; likely is a
    name, or one that looks the same. What is unsure is not written. Nothing is sent but GET. A state that cannot be
    read any more is replaced as well.
    """
    from reconciler import rebuild as rebuilding  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler import reconcile  # noqa: PLC0415
    from reconciler.cli.loading import load  # noqa: PLC0415
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.errors import Exit  # noqa: PLC0415
    from reconciler.secrecy.private import veiled  # noqa: PLC0415
    from reconciler.state.salvage import salvaged  # noqa: PLC0415

    loaded = load(access, Selection((), (), ()))
    with connected(loaded.workspace, access, read_only=True) as session:
        memory = salvaged(session.store)
        plan = reconcile.plan(loaded, session.client, memory)
        shown = plan if show_private or sys.stdout.isatty() else veiled(plan)
        found = rebuilding.findings(plan, memory, shown)
        _show(voice().way.told(tuple(found)), form)
        if not dry_run:
            if not auto_approve:
                with session.stopping.asking():
                    _approve()
            _write(session, loaded.workspace, plan, memory)
    unsure = any(one.sure is rebuilding.Sure.UNSURE for one in found)
    return Exit.REFUSED if unsure else Exit.DONE


def _write(session: Session, workspace: Workspace, plan: Plan, memory: Memory) -> None:
    """Replace the state, unless another run has written since it was read."""
    from reconciler import rebuild as rebuilding  # noqa: PLC0415  (see above)
    from reconciler.errors import Refused  # noqa: PLC0415
    from reconciler.state import Account  # noqa: PLC0415
    from reconciler.state.salvage import keep_copy, salvaged  # noqa: PLC0415

    with session.store.locked():
        if salvaged(session.store) != memory:
            raise Refused("the state was written or removed since this was found", "run the same command again")
        for copy in keep_copy(session.store, workspace.state.parent):
            tell(f"kept the old one as {copy}", err=True)
        session.store.save(rebuilding.rebuilt(plan, memory), Account(workspace.base_url, plan.organisation))


def _approve() -> None:
    from reconciler.errors import Refused  # noqa: PLC0415  (see above)

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("nothing was written: there is no terminal to ask on", "`--auto-approve` writes without asking")
    tell("\nReplace what is remembered? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refused("nothing was written: declined")


def _show(found: Sequence[Finding], form: str) -> None:
    if form == "json":
        told = [
            {"key": str(one.key), "sure": one.sure.value, "is": one.known_as, "why": one.why, "hint": one.hint}
            for one in found
        ]
        tell_json(told)
        return
    for line in _lines(found):
        tell(line)
    if not found:
        tell("no manifest declares anything, and nothing is managed", err=True)


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    from reconciler.render.fields import padded  # noqa: PLC0415  (see above)
    from reconciler.render.words import visible  # noqa: PLC0415

    width = max((len(str(one.key)) for one in found), default=0) + 2
    known = max((len(one.known_as) for one in found), default=0) + 2
    for one in found:
        who = f"{padded(str(one.key), width)}{padded(one.known_as, known)}"
        yield f"{one.sure.value:<9}{who}{visible(one.why)}".rstrip()
        if one.hint:
            yield f"{'':<9}hint: {visible(one.hint)}"
