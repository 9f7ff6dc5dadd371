"""A plan in, a comment for a pull request out: safe whatever the texts hold, and never too long to post. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from reconciler.render.block import block, blocks
from reconciler.render.page import PIPE
from reconciler.render.text import OVER_LIMITS, notices, over_limits, refused, summary
from reconciler.render.words import cost, identity, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reconciler.model import Plan
    from reconciler.render.page import Line

MOST_BYTES = 65_536
"""What GitHub takes as one comment; GitLab takes more."""
MOST_SENTENCES, LONGEST_SENTENCE = 20, 200
"""How much of who will notice is told where there is not room for all."""


def comment(plan: Plan) -> str:
    """Return the plan as Markdown of at most 65,536 bytes: in full, else with its lines cut, by kind, or as counts.

    Who will notice is told in each of them.
    """
    degrees: tuple[Callable[[Plan], Iterator[str]], ...] = (_in_full, _clipped, _by_kind, _as_counts)
    texts = ("\n\n".join([*_head(plan), *degree(plan)]) + "\n" for degree in degrees)
    return next((text for text in texts if len(text.encode(errors="replace")) <= MOST_BYTES), _shortest(plan))


def _head(plan: Plan, *, is_short: bool = False) -> Iterator[str]:
    yield f"## reconciler: {escaped(plan.workspace)}"
    yield f"**{escaped(summary(plan))}**"
    if found_by := identity(plan):
        yield escaped(found_by)
    if plan.over_limits:
        yield f"### {OVER_LIMITS}"
        yield fenced(list(over_limits(plan))[1:])
    if not plan.is_empty:
        told = [*plan.who_will_notice, cost(plan)]
        if is_short and len(told) > MOST_SENTENCES:
            told = [*told[:MOST_SENTENCES], f"… {len(told) - MOST_SENTENCES} more"]
        longest = LONGEST_SENTENCE if is_short else None
        sentences = (visible(one) if longest is None else shortened(visible(one), longest) for one in told)
        yield "### Who will notice"
        yield "\n".join(f"- {escaped(sentence)}" for sentence in sentences)


def _clipped(plan: Plan) -> Iterator[str]:
    """Yield the whole plan with its long lines cut: one pasted log hides nothing of the rest."""
    yield from _in_full(plan, LONGEST_SENTENCE)
    yield _CUT


def _in_full(plan: Plan, longest: int | None = None) -> Iterator[str]:
    if plan.changes:
        yield "### Changes"
    for each in blocks(plan):
        # All of it is code, where GitHub and GitLab link nothing and mention nobody.
        title = html(f"{each.sigil} {each.key} {each.reference}".rstrip())
        yield f"<details><summary><code>{title}</code></summary>\n\n{fenced(block(each, PIPE), longest)}\n\n</details>"
    yield from _refused(plan, longest)
    told = list(notices(plan))
    if told:
        yield "### Notices"
        yield fenced(told, longest)


def _refused(plan: Plan, longest: int | None = None) -> Iterator[str]:
    if plan.refusals:
        yield "### Refused"
        yield fenced((row for refusal in plan.refusals for row in refused(plan, refusal)), longest)


def _by_kind(plan: Plan) -> Iterator[str]:
    found: dict[str, dict[str, list[str]]] = {}
    for each in blocks(plan):
        found.setdefault(each.key.kind, {}).setdefault(each.sigil, []).append(each.key.name)
    yield "### Changes"
    for kind, by_sign in found.items():
        rows = (f"{sign} {name}" for sign, names in by_sign.items() for name in names)
        total = sum(map(len, by_sign.values()))
        title = f"<code>{html(kind)}</code>: {total:,}"
        yield f"<details><summary>{title}</summary>\n\n{_fence(rows)}\n\n</details>"
    yield from _refused(plan)
    yield _SHORT


def _as_counts(plan: Plan) -> Iterator[str]:
    yield _table(plan.summary.items())
    if plan.changes:
        yield "### By kind"
        yield _table(Counter(f"`{each.sigil}` {escaped(each.key.kind)}" for each in blocks(plan)).items())
    yield _SHORT


def _table(rows: Iterable[tuple[str, int]]) -> str:
    return "\n".join(["| | |", "|---|--:|", *(f"| {words} | {number:,} |" for words, number in rows)])


def _shortest(plan: Plan) -> str:
    return "\n\n".join([*_head(plan, is_short=True), *_as_counts(plan)]) + "\n"


_CUT = f"Lines of more than {LONGEST_SENTENCE} characters are cut: the whole plan is too long for a comment."
_SHORT = "The whole plan is too long for a comment: run `reconciler plan`."


def fenced(lines: Iterable[Line], longest: int | None = None) -> str:
    """Return lines as a diff: what comes and goes begins in the first column, where colour follows it.

    `longest` is how many characters of a line are told, all of them where nothing is said.
    """
    rows = map(_diff, lines)
    return _fence(rows if longest is None else (shortened(row, longest) for row in rows))


def _diff(each: Line) -> str:
    sign = each.sigil if each.sigil in {"+", "-", "!"} else "~" if each.sigil else " "
    right = f"  {each.right}" if each.right else ""
    text = f"{' ' * each.indent}{each.text}{right}".rstrip()
    return f"{sign} {text}" if text else ""


def _fence(rows: Iterable[str]) -> str:
    text = "\n".join(rows)
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, nobody mentioned, nothing linked."""
    plain = _SPECIAL.sub(r"\\\g<0>", html(text))
    # A backslash does not keep GitHub and GitLab from linking @alice, #12 or !34; a character of no width does.
    return _LINKED.sub(r"\g<0>&#8203;", plain)


_SPECIAL = re.compile(r"[\\`*_{}\[\]|~]|^[-+#=]|#(?=\s)|(?<=\d)[.)](?=\s|$)")
_LINKED = re.compile(r"[@#!%~$](?=\w)|https?:(?=//)|www(?=\.)")


def html(text: str) -> str:
    """Return text that HTML shows as it is."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
