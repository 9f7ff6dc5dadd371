"""A plan in, the page that a person reads before saying yes out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.attribution import MOST
from reconciler.render.block import BESIDE, block, blocks, place, reference
from reconciler.render.page import BLANK, PIPE, Layout, Line, Span, line
from reconciler.render.words import address, cost, count, identity, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.drift import Report
    from reconciler.model import Notice, Plan, Refusal

MOST_NOTICES = 10
"""Notices of one topic that are shown."""


def page(plan: Plan, layout: Layout = PIPE) -> list[Line]:
    """Return the plan as one page: who will notice, what changes, what is refused, what is good to know."""
    sections = [
        over_limits(plan),
        who_will_notice(plan),
        *(block(each, layout) for each in blocks(plan)),
        *(refused(plan, refusal) for refusal in plan.refusals),
        notices(plan),
        [line(Span(summary(plan), "bold"))],
    ]
    return [header(plan), *found_by(plan), *(each for section in sections for each in _apart(section))]


def _apart(section: Iterable[Line]) -> Iterator[Line]:
    """Yield a section behind a blank line, and nothing where it is empty."""
    for number, each in enumerate(section):
        if not number:
            yield BLANK
        yield each


def header(plan: Plan | Report) -> Line:
    """Return which workspace of which organisation this is about, and how much was read."""
    organisation = f", {address(plan.organisation)}" if plan.organisation else ""
    read = f"{count(plan.files, 'file')}, {count(plan.resources, 'resource')}"
    return line(f"Workspace {visible(plan.workspace)}{organisation}: {read}")


def found_by(plan: Plan) -> Iterator[Line]:
    """Yield what incidents are found again by; nothing where there are none."""
    if told := identity(plan):
        yield line(told)


OVER_LIMITS = "Over its limits: apply refuses all of it"


def over_limits(plan: Plan) -> Iterator[Line]:
    """Yield the limits that the plan is over, with what lets it pass; nothing where it is within them."""
    if plan.over_limits:
        yield line(Span(OVER_LIMITS, "bold red"))
    for each in plan.over_limits:
        yield line("  ", visible(each.message))
        if each.hint:
            yield line("    ", Span(f"hint: {visible(each.hint)}", "cyan"))


def who_will_notice(plan: Plan) -> Iterator[Line]:
    """Yield who will notice an apply, and what it costs; nothing where there is nothing to do."""
    if not plan.is_empty:
        yield line(Span("Who will notice", "bold"))
        for sentence in plan.who_will_notice or ("nobody that is known of",):
            yield line("  ", visible(sentence))
        yield line("  ", cost(plan))


def refused(plan: Plan, refusal: Refusal) -> Iterator[Line]:
    """Yield a resource that apply leaves out, with the reason and what can be done."""
    known = reference(plan, refusal.key)
    why = Span(f"  {refusal.why.value}", "bold red")
    name = Span(visible(str(refusal.key)), "bold")
    yield line(name, f"  {known}" if known else "", why, sigil="!", right=place(refusal.source))
    for text in refusal.message.split("\n"):
        yield line("    ", visible(text))
    for text in refusal.hint.split("\n") if refusal.hint else ():
        yield line("    ", Span(f"hint: {visible(text)}", "cyan"))


def notices(plan: Plan) -> Iterator[Line]:
    """Yield what is good to know and changes nothing, by topic; left out is what its resource's block tells."""
    shown = {change.key.parent for change in plan.changes}
    by_topic: dict[str, list[Notice]] = {}
    for each in plan.notices:
        if each.topic not in BESIDE or each.key.parent not in shown:
            by_topic.setdefault(each.topic.value, []).append(each)
    for number, (topic, told) in enumerate(by_topic.items()):
        if number:
            yield BLANK
        yield line(Span(topic.capitalize(), "bold"))
        for notice in told[:MOST_NOTICES]:
            yield from _notice(notice)
        if len(told) > MOST_NOTICES:
            yield line(f"  … {len(told) - MOST_NOTICES:,} more (`--format json` lists all)")
    if plan.not_looked_up:
        yield from [BLANK] if by_topic else []
        yield line(not_looked_up(plan))


def not_looked_up(plan: Plan | Report) -> str:
    """Return of how many incidents it is not told who changed them."""
    return f"It was not looked up who changed {count(plan.not_looked_up, 'more incident')}: at most {MOST} a run."


def _notice(notice: Notice) -> Iterator[Line]:
    where = f" ({place(notice.source)})" if notice.source else ""
    yield line("  ", f"{visible(str(notice.key))}: {visible(notice.message)}{where}")
    if notice.hint:
        yield line("    ", Span(f"hint: {visible(notice.hint)}", "cyan"))


def summary(plan: Plan) -> str:
    """Return the last line: how much of what, computed from the changes."""
    counts = plan.summary
    parts = {
        f"{counts['create']:,} to create": counts["create"],
        f"{counts['adopt']:,} to adopt": counts["adopt"],
        f"{counts['edit']:,} to edit": counts["edit"],
        f"{count(counts['post'], 'update')} to post": counts["post"],
        f"{counts['forget']:,} to forget": counts["forget"],
        f"{counts['delete']:,} to delete": counts["delete"],
        "nothing to do": plan.is_empty,
        f"{counts['unchanged']:,} unchanged": counts["unchanged"],
        f"{len(plan.refusals):,} refused": len(plan.refusals),
    }
    return f"Plan: {', '.join(part for part, holds in parts.items() if holds)}."
