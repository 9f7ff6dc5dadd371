"""`reconciler apply`: manifests and the live account in, the account as the manifests say out."""

from __future__ import annotations

import sys
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import (
    prunes,
    reaches_account,
    reads_manifests,
    settles_drift,
    shows_texts,
    stays_within_limits,
    takes_format,
    waits_for_lock,
)
from reconciler.cli.streams import settle, unheard
from reconciler.cli.telling import tell, tell_json
from reconciler.cli.voice import voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.cli.options import Access, Selection
    from reconciler.errors import Exit, ReconcilerError
    from reconciler.model import Change, Outcome, Plan
    from reconciler.planfile import Held

MOST_AT_ONCE = 50


@click.command()
@reads_manifests
@click.option("--plan", "planned", default="", metavar="FILE", help="Apply what `reconciler plan --out FILE` saved.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, MOST_AT_ONCE),
    default=10,
    show_default=True,
    metavar="N",
    help="How many requests at a time.",
)
@takes_format("text", "json")
@prunes
@stays_within_limits
@settles_drift
@shows_texts
@reaches_account
@waits_for_lock
def command(
    *,
    selection: Selection,
    planned: str,
    auto_approve: bool,
    parallelism: int,
    form: str,
    prune: bool,
    allow: tuple[str, ...],
    show_private: bool,
    access: Access,
) -> int:
    """Show the plan, ask, and carry out exactly that. A run that died is finished by the next one.

    With --format json the plan goes to stderr, and what became of each action to stdout. With --plan the account is
    read again: what changed since is refused, object by object, and the rest is done.
    """
    from reconciler import reconcile  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.asking import approve  # noqa: PLC0415
    from reconciler.cli.loading import load  # noqa: PLC0415
    from reconciler.cli.planfiles import loaded_for, read, still_holding, still_shown  # noqa: PLC0415
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.cli.showing import present, show_since  # noqa: PLC0415
    from reconciler.planfile import Held  # noqa: PLC0415
    from reconciler.state import neighbours  # noqa: PLC0415

    saved = read(planned) if _is_alone(planned, selection, prune=prune) else None
    loaded = loaded_for(saved, planned, access, allow) if saved else load(access, selection, allow, prune=prune)
    with ExitStack() as stack:
        session = stack.enter_context(connected(loaded.workspace, access, read_only=False))
        if auto_approve:
            # Nobody is asked, so nobody is waited for: a run that waits for another plans from what that one left.
            stack.enter_context(session.store.locked())
        memory = session.store.read()
        if saved:
            held = still_holding(saved, planned, loaded, session, memory)
            # What this run may do counts, not what the one that made the plan might.
            saved = replace(saved, plan=replace(saved.plan, over_limits=held.plan.over_limits))
        else:
            held = Held(reconcile.plan(loaded, session.client, memory))
        with unheard() if auto_approve else nullcontext():
            present(saved or held.plan, form, show_private=show_private)
            show_since(held, form)
        reconcile.check(held.plan, loaded)
        if not (held.plan.is_empty or auto_approve):
            with session.stopping.asking():
                look = partial(still_shown, loaded=loaded, session=session, memory=memory, is_saved=bool(saved))
                held = approve(held, lambda plan: show_since(look(plan), form))
        outcomes, unsaved = _carried_out(
            reconcile.apply(
                held.plan,
                session.client,
                session.store,
                memory=memory,
                base_url=loaded.workspace.base_url,
                parallelism=parallelism,
                plan_id=saved.id if saved else "",
                policy=loaded.workspace.drift,
                beside=partial(neighbours, loaded.workspace),
            ),
            held.plan.changes,
        )
        is_stopped = session.stopping.event.is_set()
    return _ended(held, outcomes, unsaved, form, is_stopped=is_stopped)


def _is_alone(planned: str, selection: Selection, *, prune: bool) -> bool:
    """Return whether a saved plan is applied; raises `Misused` where manifests are named beside it."""
    from reconciler.cli.planfiles import ALONE  # noqa: PLC0415  (see above)
    from reconciler.errors import Misused  # noqa: PLC0415

    if planned and (selection.paths or selection.select or selection.exclude or prune):
        raise Misused("--plan says already which manifests are applied", ALONE)
    return bool(planned)


def _carried_out(
    outcomes: Iterator[Outcome], changes: Sequence[Change]
) -> tuple[list[Outcome], ReconcilerError | None]:
    """Tell of each outcome as it happens, and return them all, with what kept their record from being saved."""
    from reconciler.errors import ReconcilerError  # noqa: PLC0415  (see above)
    from reconciler.render.progress import progress  # noqa: PLC0415  (see above)

    told = []
    speaker = voice()
    with nullcontext(speaker.outcome) if speaker.is_json else progress(changes, sys.stderr) as tell:
        try:
            for outcome in map(speaker.way.told, outcomes):
                told.append(outcome)
                with suppress(OSError):  # what is under way does not end because nobody listens
                    tell(outcome)
        except ReconcilerError as error:
            if not told:
                raise
            return told, error
    return told, None


def _ended(
    held: Held, outcomes: list[Outcome], unsaved: ReconcilerError | None, form: str, *, is_stopped: bool
) -> Exit:
    """Tell what became of it all, and return the exit code; raises what kept the record of it from being saved."""
    from reconciler.errors import Exit  # noqa: PLC0415  (see above)

    code = _exit_code(held.plan, outcomes, unsaved, is_stopped=is_stopped)
    try:
        with unheard():
            _report(outcomes, form, held)
    except OSError as error:
        # All was done, perhaps, and not all was told; what was not done says more than that.
        code = code or (Exit.NOT_ALL_DONE if outcomes else Exit.REFUSED)
        settle(sys.stdout)
        tell(f"error: the output cannot be written: {(error.strerror or str(error)).lower()}", err=True)
    if unsaved:
        unsaved.exit_code = code
        raise unsaved
    return code


def _report(outcomes: list[Outcome], form: str, held: Held) -> None:
    from reconciler.render import as_json, page, progress  # noqa: PLC0415  (see above)

    if form == "json":
        told = voice().way.told(held)
        tell_json(as_json.outcomes(outcomes, told.plan.refusals, told.already))
    elif outcomes:
        page.write([page.BLANK, *progress.summary(outcomes, len(held.plan.refusals))], sys.stdout)


def _exit_code(plan: Plan, outcomes: Iterable[Outcome], unsaved: ReconcilerError | None, *, is_stopped: bool) -> Exit:
    from reconciler.errors import Exit, worst  # noqa: PLC0415  (see above)
    from reconciler.model import Done, Failed  # noqa: PLC0415

    codes = [
        Exit(one.exit_code) if isinstance(one, Failed) else Exit.NOT_ALL_DONE
        for one in outcomes
        if not isinstance(one, Done)
    ]
    codes += [Exit.REFUSED] if plan.refusals else []
    if unsaved:
        # Things were done by then: that their record is not in its place is no refusal.
        codes.append(Exit.NOT_ALL_DONE if unsaved.exit_code == Exit.REFUSED else unsaved.exit_code)
    codes += [Exit.INTERRUPTED] if is_stopped else []
    return worst(codes)
