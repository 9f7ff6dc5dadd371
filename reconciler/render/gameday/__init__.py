"""Reports of game days in; text, JSON, Markdown, HTML and JUnit XML out. Nothing here decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from reconciler.gameday.report import Report

FORMS = ("text", "json", "markdown", "html", "junit")


def render(report: Report, form: str, stream: TextIO) -> None:
    """Write a report in one of `FORMS`; text is in colour and as wide as the screen on a terminal alone."""
    if form == "text":
        from reconciler.render.gameday import text  # noqa: PLC0415  (each form needs its own libraries)
        from reconciler.render.page import layout_of, write  # noqa: PLC0415

        write(text.page(report, layout_of(stream)), stream)
        return
    stream.write(written(report, form))
    stream.flush()


def written(report: Report, form: str) -> str:
    """Return a report in a form that is the same on every screen."""
    match form:
        case "json":
            from reconciler.render import as_json as values  # noqa: PLC0415  (see above)
            from reconciler.render.gameday import as_json  # noqa: PLC0415

            return values.written(as_json.report(report)) + "\n"
        case "markdown":
            from reconciler.render.gameday import markdown  # noqa: PLC0415

            return markdown.comment(report)
        case "html":
            from reconciler.render.gameday import html  # noqa: PLC0415

            return html.page(report) + "\n"
        case "junit":
            from reconciler.render.gameday import junit  # noqa: PLC0415

            return junit.suite(report)
        case _:
            from reconciler.render.gameday import text  # noqa: PLC0415
            from reconciler.render.page import PIPE, plain  # noqa: PLC0415

            return plain(text.page(report), PIPE)
