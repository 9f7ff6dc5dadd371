"""What changed outside in, a page, Markdown or JSON out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.diff.telling import reading
from reconciler.model import NO_MANIFEST, Fate, FieldChange
from reconciler.render import as_json
from reconciler.render.block import place
from reconciler.render.fields import changed, column
from reconciler.render.markdown import MOST_BYTES, escaped, fenced
from reconciler.render.page import BLANK, PIPE, Layout, Line, Span, line
from reconciler.render.text import header, not_looked_up
from reconciler.render.words import count, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.drift import Report
    from reconciler.model import Drifted, Key, Refusal

FATES = {
    Fate.OVERWRITTEN: "will be overwritten",
    Fate.KEPT: "kept",
    Fate.REFUSED: "will be refused",
}
UNREAD = "left until its item changes in the manifest, or `apply --on-drift overwrite`"


def is_known(report: Report) -> bool:
    """Return whether anything is recorded that drift can be told of."""
    return bool(report.recorded or report.undeclared)


def unknown(report: Report) -> str:
    """Return why no drift can be told."""
    if not report.others:
        return f"Nothing is recorded yet, so no drift can be told: {report.hint}."
    others = count(report.others, "other resource")
    return f"Nothing is recorded of what was selected, so no drift can be told of it; the state has {others}."


def page(report: Report, layout: Layout = PIPE) -> list[Line]:
    """Return the report as one page: by resource what was left, what is live, who changed it, what becomes of it."""
    sections = (section for _, found in groups(report, layout) for section in found)
    lines = [header(report), *(each for section in sections for each in (BLANK, *section))]
    return [*lines, BLANK, line(Span(summary(report), "bold"))] if is_known(report) else lines


Section = list[Line]


def groups(report: Report, layout: Layout = PIPE) -> list[tuple[str, list[Section]]]:
    """Return what there is to say under each heading; the first line of a section says what it is about."""
    return [
        ("Changed outside", [list(_resource(report, key, layout)) for key in report.keys]),
        ("Out of sight", [list(_refused(refusal)) for refusal in report.lost]),
        ("Not judged", [list(_refused(refusal)) for refusal in report.unjudged]),
        ("Good to know", [[each] for each in _good_to_know(report)]),
    ]


def _good_to_know(report: Report) -> Iterator[Line]:
    if not is_known(report):
        yield line(unknown(report))
        return
    if report.not_looked_up:
        yield line(not_looked_up(report))
    if more := report.resources - report.recorded:
        told = f"{count(more, 'resource')} {'was' if more == 1 else 'were'} never applied"
        yield line(f"{told}, so no drift can be told of {'it' if more == 1 else 'them'}.")


def summary(report: Report) -> str:
    """Return the last line: how much changed outside, and what becomes of it."""
    if not is_known(report):
        return "Drift: unknown."
    if report.is_empty:
        return "Drift: none."
    counts = report.summary
    fates = ", ".join(f"{counts[fate.value]:,} {fate.value}" for fate in reversed(Fate) if counts[fate.value])
    parts = [f"{count(counts['fields'], 'field')} of {count(counts['resources'], 'resource')} ({fates})"]
    parts = parts if report.fields else []
    parts += [f"{count(len(report.lost), 'resource')} out of sight"] if report.lost else []
    parts += [f"{count(len(report.unjudged), 'resource')} not judged"] if report.unjudged else []
    return f"Drift: {', '.join(parts)}."


def comment(report: Report) -> str:
    """Return the report as Markdown of at most 65,536 bytes; where it is longer, without what changed."""
    head = [f"## reconciler drift: {escaped(report.workspace)}"]
    if not is_known(report):
        return "\n\n".join([*head, escaped(unknown(report))]) + "\n"
    head.append(f"**{escaped(summary(report))}**")
    rows = page(report)[2:-2]
    whole = "\n\n".join([*head, *([fenced(rows)] if rows else [])]) + "\n"
    if len(whole.encode(errors="replace")) <= MOST_BYTES:
        return whole
    return "\n\n".join([*head, "The whole report is too long for a comment: run `reconciler drift`."]) + "\n"


def as_object(report: Report) -> as_json.Object:
    """Return the report for programs; the shape is `format_version` 1."""
    return {
        "format_version": as_json.FORMAT_VERSION,
        "workspace": report.workspace,
        "organisation": report.organisation,
        "summary": {"recorded": report.recorded, "undeclared": report.undeclared} | report.summary,
        "resources": [_object(report, key) for key in report.keys],
        "out_of_sight": list(map(as_json.refusal, report.lost)),
        "not_judged": list(map(as_json.refusal, report.unjudged)),
        "not_looked_up": report.not_looked_up,
    }


def _object(report: Report, key: Key) -> as_json.Object:
    live = report.live.get(key)
    return {
        "key": str(key),
        "live": {"id": live.id, "reference": live.reference} if live else None,
        "fields": list(map(_field, report.of(key))),
        "finished": key in report.finished,
        "paused": key in report.paused,
        "hint": report.hints.get(key, ""),
    }


def _field(one: Drifted) -> as_json.Object:
    return {
        "key": str(one.key),
        "path": one.name or None,
        "source": str(one.source),
        "left": one.left,
        "live": one.live,
        "desired": one.desired,
        "cause": one.cause.value,
        "moved_by": as_json.mover(one.mover),
        "fate": one.fate.value,
        "hint": UNREAD if one.is_unread else "",
    }


def _resource(report: Report, key: Key, layout: Layout) -> Iterator[Line]:
    fields = report.of(key)
    live = report.live.get(key)
    known = f"  {visible(live.reference)}" if live and live.reference else ""
    yield line(Span(visible(str(key)), "bold"), known, sigil="~", right=place(fields[0].source))
    width = column(visible(one.what) for one in fields)
    for one in fields:
        note = "; ".join(visible(part) for part in _notes(one))
        yield from changed(FieldChange(one.what, one.left, one.live, one.cause), width, layout, note=note)
    if key in report.hints:
        yield line("    ", Span(f"hint: {visible(report.hints[key])}", "cyan"))


def _notes(one: Drifted) -> Iterator[str]:
    """Yield who changed it and what becomes of it."""
    if one.mover:
        yield str(one.mover)
    if one.is_gone:
        yield "deleted"
    yield _becomes(one)
    if one.source == NO_MANIFEST:
        yield "no manifest declares it any more"
    if one.desired != one.left:
        yield f"{one.asker} says {reading(one.desired)}"


def _becomes(one: Drifted) -> str:
    if one.is_finished or one.is_paused:
        return "finished, kept" if one.is_finished else "paused, kept"
    return UNREAD if one.is_unread else FATES[one.fate]


def _refused(refusal: Refusal) -> Iterator[Line]:
    why = Span(f"  {refusal.why.value}", "bold red")
    yield line(Span(visible(str(refusal.key)), "bold"), why, sigil="!", right=place(refusal.source))
    yield line("    ", visible(refusal.message))
    if refusal.hint:
        yield line("    ", Span(f"hint: {visible(refusal.hint)}", "cyan"))
