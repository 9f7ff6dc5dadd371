"""What is to be played in: shown, asked about, played with its host, and told how it went; an exit code out."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler import guards, reconcile
from reconciler.cli.asking import confirm
from reconciler.cli.gameday import keyboard
from reconciler.cli.gameday.hosts import hosting
from reconciler.cli.gameday.runs import command
from reconciler.cli.gameday.stopping import RunStopping
from reconciler.cli.session import connected
from reconciler.cli.streams import settle, unheard
from reconciler.cli.telling import tell, tell_json
from reconciler.cli.voice import voice
from reconciler.errors import Exit, Invalid, Misused, ReconcilerError, Refused, worst
from reconciler.gameday import log, naming, preview, report, unfolding
from reconciler.gameday.events import State, Verdict
from reconciler.gameday.people import People
from reconciler.gameday.running import Manner, Run
from reconciler.gameday.script import Close, Declare, Expect, Timetable
from reconciler.gameday.spans import clock
from reconciler.gameday.status import clock_of
from reconciler.gameday.watching import Watch
from reconciler.reconcile import Loaded
from reconciler.render import page, text
from reconciler.render.gameday import preview as rendering
from reconciler.render.gameday import text as reporting
from reconciler.render.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.gameday.casting import Part
    from reconciler.cli.options import Access
    from reconciler.cli.session import Session
    from reconciler.gameday.log import RunLog
    from reconciler.gameday.script import Step
    from reconciler.gameday.story import Story
    from reconciler.model import Plan
    from reconciler.workspace import Workspace


def play(
    part: Part,
    workspace: Workspace,
    access: Access,
    form: str,
    allow: Sequence[str],
    *,
    is_dry: bool,
    is_approved: bool,
    is_detailed: bool,
) -> int:
    """Show what will happen and ask, or say where a run is taken up; play it, and return what a shell is told.

    Raises `Invalid` for names that the account does not know, `Refused` and `Tripped` for what may not be done, and
    what `Run.play` raises.
    """
    if not is_dry:
        _check_pauses(part)
    own = log.workspace_of(workspace, part.run_id)
    stopping = RunStopping(is_json=voice().is_json)
    with connected(own, access, read_only=is_dry, stopping=stopping) as session:
        if part.is_new or is_dry:
            _preview(part, own, session, form, allow, is_dry=is_dry, is_approved=is_approved)
        if is_dry:
            return Exit.DONE
        if not is_approved and _is_noticed(part):
            with stopping.asking():
                _ask(part)
        with log.opened(own, part.run_id, session.store) as journal:
            if not part.is_new:
                _tell_taken_up(part, session)
            before = len(journal.story.events)
            try:
                story = _played(part, own, session, journal, form, stopping)
            except ReconcilerError:
                # What made going on impossible is told last; before it, how far it came and what to do about that.
                if len(journal.story.events) > before:
                    _tell_end(journal.story, part, workspace, form)
                raise
    _tell_end(story, part, workspace, form)
    return _exit_code(story, is_detailed=is_detailed)


def _check_pauses(part: Part) -> None:
    if part.pauses and not part.flags.skip_pauses and not keyboard.are_there():
        times = "once" if part.pauses == 1 else f"{part.pauses} times"
        raise Misused(
            f"the script pauses {times} for its host, and there is no terminal to go on from",
            "`--skip-pauses` waits for nobody; `--dry-run` shows the script",
        )


def _preview(
    part: Part,
    own: Workspace,
    session: Session,
    form: str,
    allow: Sequence[str],
    *,
    is_dry: bool,
    is_approved: bool,
) -> None:
    """Show what will happen and who will notice; GETs alone. Raises what keeps it from happening."""
    steps = [step for at, step in part.timetable.steps if at <= part.end]
    began = session.client.now().at

    def dated(step: Step) -> str:
        return f"{began + timedelta(seconds=part.timetable.due[step.id]):%Y-%m-%dT%H:%M:%SZ}"

    acts = [act for _, act in part.timetable.acts]
    if wrong := naming.problems(part.day, steps, acts, session.client):
        raise Invalid(wrong)
    manifests = unfolding.manifests(part.day, steps, part.run_id, dated)
    allowed = guards.allowance(own.allow, allow)
    loaded = Loaded(own, tuple(manifests.values()), 1, is_whole=False, allowed=allowed)
    plan = reconcile.plan(loaded, session.client, session.store.read())
    shown = preview.of(part.day, _ahead(part), plan, part.run_id, speed=part.speed, until=part.flags.until)
    with nullcontext() if is_dry or not is_approved else unheard():
        _show(shown, form, is_dry=is_dry)
    if plan.refusals:
        page.write([line for one in plan.refusals for line in text.refused(plan, one)], sys.stderr)
        raise Refused(f"{count(len(plan.refusals), 'incident')} could not be played", "mend the script")
    _check_modes(part, steps, own, plan)
    reconcile.check(plan, loaded)


def _ahead(part: Part) -> Timetable:
    """Return what is still to be played."""
    steps = tuple((at, step) for at, step in part.timetable.steps if part.story.state(step.id) is None)
    return Timetable(steps, tuple((at, act) for at, act in part.timetable.acts if act.id not in part.story.acts))


def _show(shown: preview.Preview, form: str, *, is_dry: bool) -> None:
    """Show a preview: on stdout, or beside it where that is for events as JSON."""
    if voice().is_json:
        voice().event("preview", "info", preview=rendering.as_object(shown))
    elif form == "json" and is_dry:
        tell_json(rendering.as_object(shown))
    elif form == "json":
        page.write(rendering.page(shown), sys.stderr)
    else:
        page.write(rendering.page(shown), sys.stdout)


def _check_modes(part: Part, steps: Sequence[Step], own: Workspace, plan: Plan) -> None:
    """Raise `Refused` where incidents would be declared in a mode that the workspace does not let game days have."""
    declared = (part.day.incidents[step.incident] for step in steps if isinstance(step.deed, Declare))
    beyond = [one for one in declared if one.spec.get("mode", PRACTICE) not in {PRACTICE, *own.gameday_modes}]
    if not beyond:
        return
    modes = sorted({str(one.spec["mode"]) for one in beyond})
    # What is in a mode that game days may have tells nobody.
    loud = [told for told in plan.who_will_notice if f"in {PRACTICE} mode" not in told]
    more = f" (and {len(beyond) - 1:,} more)" if len(beyond) > 1 else ""
    raise Refused(
        f"{beyond[0].source}: {beyond[0].name}{more} would be declared in {' and '.join(modes)} mode, and game days of "
        f"this workspace declare in test mode; who would have been told: {'; '.join(loud)}",
        f"leave `mode:` out, or let reconciler.yaml say "
        f"`gamedays: {{modes: [{', '.join(sorted({*modes, *own.gameday_modes}))}]}}`",
    )


def _tell_taken_up(part: Part, session: Session) -> None:
    story, now = part.story, session.client.now().at.timestamp()
    at = clock_of(story, now)
    due = [step for moment, step in part.timetable.steps if moment < at - part.day.catch_up]
    late = sum(story.state(step.id) is None and not isinstance(step.deed, Close | Expect) for step in due)
    missed = late + sum(one.state is State.MISSED for one in story.steps.values())
    told = f", {count(missed, 'step')} missed so far" if missed else ""
    tell(f"taking up {part.run_id} at {clock(at)}{told}", err=True)


def _is_noticed(part: Part) -> bool:
    """Tell whether a run asks before it is played: one that is taken up only if it will be noticed further."""
    if part.is_new:
        return True
    ahead = (step.incident for _, step in part.timetable.steps if part.story.state(step.id) is None)
    return any(part.day.incidents[name].spec.get("mode", PRACTICE) != PRACTICE for name in ahead if name)


PRACTICE = "test"
"""The mode that nobody is told of."""


def _ask(part: Part) -> None:
    does = "Play this game day" if part.is_new else f"Go on with {part.run_id}"
    confirm(f"{does}?", "nothing was sent", "`--auto-approve` plays without asking")


def _played(part: Part, own: Workspace, session: Session, journal: RunLog, form: str, stopping: RunStopping) -> Story:
    watch = Watch(session.client, part.day, part.timetable, speed=part.speed)
    players = People(own, session.client_as, part.run_id, preview.private_of(part.day)) if part.timetable.acts else None
    manner = Manner(part.speed, part.flags.until, part.flags.skip_pauses, part.flags.cast)
    with hosting(form, stopping) as host:
        return Run(
            part.run_id,
            part.day,
            part.timetable,
            own,
            session.client,
            journal,
            host,
            manner,
            part.timetable.acts,
            watch,
            players,
        ).play()


def _tell_end(story: Story, part: Part, workspace: Workspace, form: str) -> None:
    """Tell how it went in a few lines, and what to type next."""
    try:
        _tell(report.of(story), part, workspace, is_beside=form == "json")
    except OSError:
        # Nobody is left to read it, as where a terminal was closed; what became of the run says more than that.
        for stream in (sys.stdout, sys.stderr):
            settle(stream)


def _tell(told: report.Report, part: Part, workspace: Workspace, *, is_beside: bool) -> None:
    page.write([page.BLANK, *reporting.summary(told)], sys.stderr if is_beside else sys.stdout)
    if told.is_over:
        tell(f"\n`{command(workspace, 'report', part.run_id)}` tells how people answered", err=is_beside)
    elif told.is_finished:
        tell(f"\n`{command(workspace, 'cleanup', part.run_id)}` closes what is left", err=is_beside)
    else:
        go_on = command(workspace, "run", part.day.source.file, "--run-id", part.run_id)
        tell(f"\n`{go_on}` goes on with it\n`{command(workspace, 'cleanup', part.run_id)}` ends it", err=is_beside)


def _exit_code(story: Story, *, is_detailed: bool) -> Exit:
    failed = any(one.state is State.FAILED for one in story.steps.values())
    unclean = any(one.outcome == "failed" for one in story.cleaned.values())
    unheld = is_detailed and any(one.verdict is Verdict.FAILED for one in story.verdicts.values())
    codes = [Exit.INTERRUPTED] if story.is_left or story.is_aborted else []
    codes += [Exit.NOT_ALL_DONE] if failed or unclean else []
    codes += [Exit.CHANGES] if unheld else []
    return worst(codes)
