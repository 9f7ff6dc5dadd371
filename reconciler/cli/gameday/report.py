"""`reconciler gameday report`: a run's journal in, how people answered out; offline."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, is_file_name, takes_format

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.gameday.events import Begun
    from reconciler.gameday.report import Report
    from reconciler.gameday.story import Story
    from reconciler.workspace import Workspace

NONE = "none"


@click.command("report", short_help="Tell how people answered.")
@click.argument("run", default="", metavar="[RUN]")
@takes_format("text", "json", "markdown", "html", "junit")
@click.option(
    "--out",
    metavar="FILE",
    callback=is_file_name,
    help="Write it to a file; one that ends in .html, .md, .xml or .json has that form.",
)
@click.option(
    "--compare",
    default="",
    metavar="RUN",
    help="Compare with this run; `none` with none. Else, once it has ended, with the last of the same game day "
    "that was played to the end of the script.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where an expectation failed.")
@finds_state
def report(*, run: str, form: str, out: str, compare: str, detailed_exitcode: bool, access: Access) -> int:
    """Tell how RUN went, or the newest run: the timeline, the score, how long people took, what was different before.

    It is told from the run's journal: nothing is asked of the account.
    """
    from reconciler.cli.gameday.runs import chosen, looked_at  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.errors import Exit  # noqa: PLC0415
    from reconciler.gameday import log  # noqa: PLC0415
    from reconciler.gameday import report as reporting  # noqa: PLC0415

    if out:
        _require_replaceable(out)
    workspace = looked_at(access)
    run = chosen(workspace, run)
    story = log.read(workspace, run)
    told = reporting.of(story, _earlier(workspace, story, run, compare))
    if out:
        _save(told, _form_of(out, form), out)
    else:
        from reconciler.render.gameday import render  # noqa: PLC0415  (see above)

        render(told, form, sys.stdout)
    return Exit.CHANGES if detailed_exitcode and told.score.failed else Exit.DONE


def _earlier(workspace: Workspace, story: Story, run: str, compare: str) -> Story | None:
    """Return the run to compare with: the one that is named, else the last whole one before it."""
    from reconciler.cli.gameday.runs import chosen  # noqa: PLC0415  (see above)
    from reconciler.gameday import log  # noqa: PLC0415

    if compare == NONE:
        return None
    if compare:
        return log.read(workspace, chosen(workspace, compare))
    begun = story.begun
    if begun is None or not (story.is_ended or story.is_aborted):
        # What is not done yet would read as worse.
        return None
    for name in log.runs(workspace):
        other = log.read(workspace, name)
        if name != run and other.begun and other.is_whole and _is_earlier(other.begun, begun):
            return other
    return None


def _is_earlier(other: Begun, begun: Begun) -> bool:
    return other.gameday == begun.gameday and other.time < begun.time


FORMS = {
    ".html": "html", ".htm": "html", ".md": "markdown", ".xml": "junit", ".json": "json", ".txt": "text"
}  # fmt: skip
"""By the ending of a file."""


def _form_of(out: str, form: str) -> str:
    """Return the form of a file; raises `Misused` where neither its ending nor a flag says it."""
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)

    source = click.get_current_context().get_parameter_source("form")
    is_typed = source is not None and source.name == "COMMANDLINE"
    ending = os.path.splitext(out)[1].lower()  # noqa: PTH122  (paths stay the texts that people typed)
    if is_typed or not ending:
        return form
    if ending not in FORMS:
        raise Misused(
            f"--out {out}: no form of a report ends in `{ending}`",
            f"the endings are {', '.join(FORMS)}; or say which it is with --format",
        )
    return FORMS[ending]


def _require_replaceable(out: str) -> None:
    from reconciler.cli.saving import require_replaceable  # noqa: PLC0415  (see above)
    from reconciler.render.gameday.recognised import is_report  # noqa: PLC0415

    require_replaceable(out, "report of a game day", is_report)


def _save(told: Report, form: str, out: str) -> None:
    from reconciler.cli.saving import save  # noqa: PLC0415  (see above)
    from reconciler.cli.telling import tell  # noqa: PLC0415
    from reconciler.cli.voice import voice  # noqa: PLC0415
    from reconciler.render.gameday import written  # noqa: PLC0415

    save(voice().hide(written(told, form)), out, "report")
    tell(f"saved {out}", err=True)
