"""`reconciler gameday cleanup`: a run that was left in, everything that it declared closed out."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import reaches_account, takes_format, waits_for_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.options import Access
    from reconciler.gameday.events import Event
    from reconciler.gameday.story import Story


@click.command("cleanup", short_help="Close what a run declared.")
@click.argument("run", metavar="RUN")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@takes_format("text", "json")
@reaches_account
@waits_for_lock
def cleanup(*, run: str, auto_approve: bool, form: str, access: Access) -> int:
    """Close what RUN declared, and nothing else; the run is over then. Says what could not be closed.

    It goes by the run's own journal and state: what people declared meanwhile is left alone.
    """
    from reconciler.cli.asking import confirm  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.gameday.lines import Lines  # noqa: PLC0415
    from reconciler.cli.gameday.runs import chosen, command  # noqa: PLC0415
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.cli.telling import tell  # noqa: PLC0415
    from reconciler.errors import Exit  # noqa: PLC0415
    from reconciler.gameday import log  # noqa: PLC0415
    from reconciler.gameday.cleanup import clean  # noqa: PLC0415
    from reconciler.gameday.clock import RealClock, Sources, unix  # noqa: PLC0415
    from reconciler.gameday.events import Aborted  # noqa: PLC0415
    from reconciler.live import read_identity  # noqa: PLC0415

    workspace = access.load()
    run = chosen(workspace, run, is_state_enough=True)
    own = log.workspace_of(workspace, run)
    story = log.peek(workspace, run)
    if story.is_over:
        tell(f"run {run} is over already: nothing is left open", err=form == "json")
        return Exit.DONE
    if story.begun is None:
        tell(f"the journal of run {run} is lost: what its state knows is closed, and there is no report", err=True)
    if not auto_approve:
        told = _question(story, run)
        hint = f"`{command(workspace, 'cleanup', run)} --auto-approve` cleans up without asking"
        confirm(told, "nothing was closed", hint)
    with connected(own, access, read_only=False) as session, log.opened(own, run, session.store) as journal:
        lines = Lines(form, has_keys=False)

        read_identity(session.client)
        clock = RealClock(journal.story.events, Sources(partial(unix, own, session.client)))

        lines.start()
        try:
            events: Iterator[Event] = clean(own, session.client, session.store, journal.story, clock.time)
            if not (story.is_ended or story.is_aborted):
                events = chain([Aborted(story.at, clock.time(), "cleaned up by hand")], events)
            for event in events:
                lines.tell(event, journal.append(event))
        finally:
            lines.end()
        story = journal.story
    if story.is_over:
        return Exit.DONE
    tell(f"hint: `{command(workspace, 'cleanup', run)}` tries again what is left", err=True)
    return Exit.NOT_ALL_DONE


def _question(story: Story, run: str) -> str:
    from reconciler.render.words import count  # noqa: PLC0415  (see above)

    told = count(len(story.declared), "incident") if story.begun else "the incidents"
    return f"Close {told} of run {run}, and end it?"
