"""A plan, or any report made of lines, in; one page of HTML out that asks for nothing else, and runs nothing. Pure."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler import __version__
from reconciler.render import drift as drifting
from reconciler.render.block import block, blocks
from reconciler.render.page import BLANK, PIPE
from reconciler.render.text import OVER_LIMITS, found_by, header, notices, refused, summary
from reconciler.render.words import cost, count, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jinja2 import Template

    from reconciler.drift import Report
    from reconciler.model import Plan
    from reconciler.render.page import Line

MOST_OPEN = 30
"""Sections that a page shows unfolded; more than these are easier to find folded."""
DEEPEST = 40
SIGNS = {"+": "new", "-": "gone", "~": "edited", ">": "adopted", "!": "refused"}
STYLES = {"bold": "strong", "dim": "quiet", "cyan": "hint", "bold red": "alarm", "red": "alarm"}


@dataclass(frozen=True, slots=True)
class Group:
    """Sections under one heading; each is lines, of which the first says what it is about and folds the others."""

    heading: str
    sections: Sequence[Sequence[Line]]


@dataclass(frozen=True, slots=True)
class _Row:
    """A line as the page shows it: spans with a class each."""

    sign: str
    kind: str
    depth: int
    spans: tuple[tuple[str, str], ...]
    right: str


def plan(plan: Plan) -> str:
    """Return a plan: who will notice first, then each resource, what is refused, and what is good to know."""
    told = [*(plan.who_will_notice or ("nobody that is known of",)), cost(plan)]
    return sheet(
        title=f"Plan for {plan.workspace}",
        about=[each.text for each in (header(plan), *found_by(plan))],
        summary=summary(plan),
        told=[
            *([(OVER_LIMITS, [f"{one.message}. {one.hint}" for one in plan.over_limits])] if plan.over_limits else []),
            *([] if plan.is_empty else [("Who will notice", told)]),
        ],
        groups=[
            Group("Changes", [list(block(each, PIPE)) for each in blocks(plan)]),
            Group("Refused", [list(refused(plan, refusal)) for refusal in plan.refusals]),
            Group("Good to know", list(apart(notices(plan)))),
        ],
    )


def drift(report: Report) -> str:
    """Return what changed outside, by resource."""
    return sheet(
        title=f"Drift of {report.workspace}",
        about=[header(report).text],
        summary=drifting.summary(report),
        told=[],
        groups=[Group(heading, sections) for heading, sections in drifting.groups(report)],
    )


def sheet(
    *,
    title: str,
    about: Iterable[str],
    summary: str,
    told: Iterable[tuple[str, Iterable[str]]],
    groups: Iterable[Group],
) -> str:
    """Return a page: what it is about, the summary, lists of sentences that come first, then groups of sections."""
    shown = [group for group in groups if group.sections]
    sections = sum(len(group.sections) for group in shown)
    style = styles("sheet.css")
    return template("sheet.html").render(
        title=title,
        about=about,
        summary=summary,
        told=told,
        groups=[
            {
                "heading": group.heading,
                "count": count(len(group.sections), "entry", "entries"),
                "sections": ([_row(each) for each in section] for section in group.sections),
            }
            for group in shown
        ],
        is_open=sections <= MOST_OPEN,
        style=style,
        style_hash=digest(style),
        version=__version__,
    )


def apart(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield the sections of lines that blank lines part."""
    section: list[Line] = []
    for each in lines:
        if each is BLANK or each == BLANK:
            if section:
                yield section
            section = []
        else:
            section.append(each)
    if section:
        yield section


def _row(line: Line) -> _Row:
    texts = [(STYLES.get(span.style, ""), span.text) for span in line.spans]
    # Lines of text begin with spaces where the page has a margin.
    depth = line.indent
    begun: list[tuple[str, str]] = []
    for style, text in texts:
        if not begun:
            kept = text.lstrip(" ")
            depth += len(text) - len(kept)
            if kept:
                begun.append((style, kept))
        else:
            begun.append((style, text))
    return _Row(line.sigil, SIGNS.get(line.sigil, ""), min(depth, DEEPEST), tuple(begun), line.right)


def _harmless(value: object) -> object:
    """Return a text without what steers; markup of our own templates passes."""
    return visible(value) if type(value) is str else value


def _titled(text: str) -> Markup:
    """Return a text of several lines, each of them harmless."""
    return Markup("\n").join(map(visible, text.split("\n")))


@cache
def template(name: str) -> Template:
    """Return a template whose every text is shown as it is, and steers nothing."""
    environment = Environment(
        loader=PackageLoader("reconciler.render"),
        autoescape=True,
        finalize=_harmless,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["titled"] = _titled
    return environment.get_template(name)


@cache
def styles(*names: str) -> str:
    """Return style sheets as one."""
    folder = resources.files("reconciler.render") / "templates"
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def digest(style: str) -> str:
    """Return what a page's own policy knows its style sheet by."""
    return b64encode(sha256(style.encode()).digest()).decode()
