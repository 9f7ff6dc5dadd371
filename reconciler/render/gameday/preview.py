"""What a run will do in, the page that a host reads before saying yes out; and the same for programs. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reconciler.gameday.spans import clock, written
from reconciler.render.page import BLANK, Line, Span, line
from reconciler.render.words import address, count, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.preview import Entry, Preview

FORMAT_VERSION = 1
STYLES = {"expect": "cyan", "pause": "yellow", "note": "dim"}
MOST_ENTRIES = 60
"""Lines of the timetable that are shown."""


def page(preview: Preview) -> list[Line]:
    """Return what happens when, who will notice, and what it costs."""
    return [
        line(Span(visible(f"{preview.gameday}: {preview.title}"), "bold")),
        line(f"Workspace {visible(preview.workspace)}{_organisation(preview)}, run {visible(preview.run_id)}"),
        BLANK,
        line(Span("What will happen", "bold"), f"  {_long(preview)}"),
        *_timetable(preview),
        BLANK,
        line(Span("Who will notice", "bold")),
        *(line("  ", visible(sentence)) for sentence in preview.who_will_notice or ("nobody that is known of",)),
        *(line("  ", text) for text in _cost(preview)),
    ]


def as_object(preview: Preview) -> dict[str, Any]:
    """Return the same for programs, every step of its own."""
    told = asdict(preview)
    told["steps"] = [{name: value for name, value in one.items() if value} | {"at": one["at"]} for one in told["steps"]]
    told["seconds"] = preview.seconds
    del told["entries"]
    return {"format_version": FORMAT_VERSION, **told}


def _organisation(preview: Preview) -> str:
    return f", {address(preview.organisation)}" if preview.organisation else ""


def _long(preview: Preview) -> str:
    parts = [f"{count(len(preview.steps), 'step')} in {written(preview.end)}"]
    parts += [f"{preview.speed:g} times as fast: {written(preview.seconds)}"] if preview.speed != 1 else []
    parts += [f"and {count(preview.pauses, 'pause')}"] if preview.pauses else []
    return ", ".join(parts)


def _timetable(preview: Preview) -> Iterator[Line]:
    shown = preview.entries[:MOST_ENTRIES]
    width = max((len(_when(one)) for one in shown), default=0)
    for one in shown:
        number = f"{one.number:,} × " if one.number > 1 else ""  # noqa: RUF001  (times, and nothing else)
        yield line(f"  {_when(one):<{width}}  ", Span(f"{number}{visible(one.text)}", STYLES.get(one.verb, "")))
    if len(preview.entries) > len(shown):
        yield line(f"  … {len(preview.entries) - len(shown):,} more")
    if preview.acts:
        yield line(f"  {'':<{width}}  {count(preview.acts, 'thing')} that simulated people do meanwhile")
    then = "cleanup, and the script ends early" if preview.is_cut else "cleanup"
    yield line(f"  {clock(preview.end):<{width}}  ", Span(f"{then}: what is still open is closed"))


def _when(entry: Entry) -> str:
    return clock(entry.at) if entry.until == entry.at else f"{clock(entry.at)}–{clock(entry.until)}"  # noqa: RUF001


def _cost(preview: Preview) -> Iterator[str]:
    yield f"at most {count(preview.writes, 'request')} that write, cleanup included"
    if preview.watched:
        yield f"at most 1 request a second to look, while something is expected: {written(preview.watched)} in all"
