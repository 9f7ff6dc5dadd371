"""A plan in, the page that a person reads before saying yes out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from reconciler.model import Adopt, Create, Delete, Edit, Forget, Post, Topic
from reconciler.render.fields import INDENT, changed, column, padded, rows, stated
from reconciler.render.page import BLANK, PIPE, Layout, Line, Span, line
from reconciler.render.words import address, count, first_line, quoted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Change, Key, Notice, Plan, Refusal

BESIDE = frozenset({Topic.KEPT, Topic.FROZEN, Topic.UNSTATED})
"""Notices that are told where their resource is shown anyway."""
NOUN = 9
"""The column of what children are called."""
MOST_NOTICES = 10
"""Notices of one topic that are shown."""


def page(plan: Plan, layout: Layout = PIPE) -> list[Line]:
    """Return the plan as one page: who will notice, what changes, what is refused, what is good to know."""
    return [
        header(plan),
        *_section(who_will_notice(plan)),
        *(row for each in blocks(plan) for row in _section(block(each, layout))),
        *(row for refusal in plan.refusals for row in _section(refused(plan, refusal))),
        *_section(notices(plan)),
        BLANK,
        line(Span(summary(plan), "bold")),
    ]


def _section(lines: Iterator[Line]) -> Iterator[Line]:
    for number, each in enumerate(lines):
        if not number:
            yield BLANK
        yield each


def header(plan: Plan) -> Line:
    """Return which workspace of which organisation this is about, and how much was read."""
    organisation = f", {address(plan.organisation)}" if plan.organisation else ""
    read = f"{count(plan.files, 'file')}, {count(plan.resources, 'resource')}"
    return line(f"Workspace {visible(plan.workspace)}{organisation}: {read}")


def who_will_notice(plan: Plan) -> Iterator[Line]:
    """Yield who will notice an apply, and what it costs; nothing where there is nothing to do."""
    if plan.is_empty:
        return
    yield line(Span("Who will notice", "bold"))
    for sentence in plan.who_will_notice:
        yield line("  ", visible(sentence))
    yield line("  ", count(plan.requests, "request"))


@dataclass(frozen=True, slots=True)
class Block:
    """One resource with all its changes, and what else there is to say beside them."""

    key: Key
    reference: str
    changes: tuple[Change, ...]
    notices: tuple[Notice, ...]

    @property
    def own(self) -> list[Change]:
        """Return the changes of the resource itself, not of its children."""
        return [change for change in self.changes if not change.key.child]

    @property
    def sigil(self) -> str:
        """Return the sign of what happens to the resource as a whole."""
        signs: dict[type[Change], str] = {Create: "+", Adopt: ">", Delete: "-", Forget: "-"}
        return next((signs[type(change)] for change in self.own if type(change) in signs), "~")


def blocks(plan: Plan) -> list[Block]:
    """Return the changes by the resource that they belong to, in the order in which apply comes to them."""
    changes: dict[Key, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.key.parent, []).append(change)
    beside: dict[Key, list[Notice]] = {}
    for notice in plan.notices:
        if notice.topic in BESIDE:
            beside.setdefault(notice.key.parent, []).append(notice)
    return [Block(key, reference(plan, key), tuple(mine), tuple(beside.get(key, ()))) for key, mine in changes.items()]


def reference(plan: Plan, key: Key) -> str:
    """Return what people call the live object, such as INC-142; empty where there is none."""
    live = plan.live.get(key.parent)
    return visible(live.reference) if live else ""


def block(each: Block, layout: Layout) -> Iterator[Line]:
    """Yield one resource with everything that happens to it."""
    known = f"  {each.reference}" if each.reference else ""
    first = (each.own or each.changes)[0]
    yield line(Span(visible(str(each.key)), "bold"), known, sigil=each.sigil, right=place(first))
    for change in each.own:
        match change:
            case Adopt():
                yield from _adopted(change)
            case Create():
                yield from _created(change, layout)
    edits = [change for change in each.own if isinstance(change, Edit)]
    yield from _edited([edit for edit in edits if edit.live is not None], layout)
    yield from _children([change for change in each.changes if change.key.child], layout)
    for edit in edits:
        if edit.live is None:
            yield from _closing(edit, layout)
    for notice in each.notices:
        yield line(visible(notice.message), indent=INDENT)


def place(change: Change) -> str:
    """Return where a change is written, as editors follow it."""
    return f"{visible(change.source.file)}:{change.source.line}"


def _adopted(change: Adopt) -> Iterator[Line]:
    known = visible(change.live.reference or change.live.id)
    yield line(f"adopt {known}, found by {visible(change.how)}", indent=INDENT)
    nouns = [key.child[0] for key in sorted(change.children)]
    if nouns:
        parts = [count(len(list(each)), *_NOUNS.get(noun, (noun, ""))) for noun, each in groupby(nouns)]
        yield line(f"recognised {' and '.join(parts)}", indent=INDENT)
    if change.assumed:
        names = dict.fromkeys(str(path[0]) for path in change.assumed)
        yield line(f"cannot be read back, taken as declared: {', '.join(names)}", indent=INDENT)


_NOUNS = {
    "timeline": ("timeline item", "timeline items"),
    "update": ("update", "updates"),
    "option": ("option", "options"),
}


def _created(change: Create, layout: Layout) -> Iterator[Line]:
    said = stated(change.sent)
    started = [text for name in ("status", "severity") for text in said.pop(name, [])]
    ordered = {"name": said.pop("name", [visible(change.name)]), "created": [", ".join(started)] if started else []}
    fields = {name: texts for name, texts in (ordered | said).items() if texts}
    if change.unfinished:
        yield line("asked for again: an earlier run never learned the answer", indent=INDENT)
    width = column(fields)
    for name, texts in fields.items():
        yield from rows(name, texts, width, layout)


def _edited(edits: Sequence[Edit], layout: Layout) -> Iterator[Line]:
    width = column(visible(field.name) for edit in edits for field in edit.fields)
    for edit in edits:
        if edit.makes_room:
            yield line("makes room for another, then moves on:", indent=INDENT)
        for field in edit.fields:
            yield from changed(field, width, layout)


def _children(changes: Sequence[Change], layout: Layout) -> Iterator[Line]:
    names = column(visible("/".join(change.key.child[1:])) for change in changes)
    for change in changes:
        noun, *rest = (visible(part) for part in change.key.child)
        name = "/".join(rest)
        lead = padded(noun, NOUN, 1) + padded(name, names + 1)
        match change:
            case Edit():
                yield line(f"{padded(noun, NOUN, 1)}{name}", indent=INDENT, sigil="~")
                width = column(visible(field.name) for field in change.fields)
                for field in change.fields:
                    yield from changed(field, width, layout, INDENT + 2)
            case Post() | Create():
                room = layout.room(INDENT + 2 + cell_len(lead))
                told = list(_child(change, name, room)) or [""]
                yield line(lead if told[0] else lead.rstrip(), told[0], indent=INDENT, sigil="+")
                for text in told[1:]:
                    yield line(" " * cell_len(lead), text, indent=INDENT + 2)
            case _:
                yield line(lead.rstrip(), indent=INDENT, sigil="-")


def _child(change: Post | Create, name: str, room: int | None) -> Iterator[str]:
    """Yield what a child says, the words that people will read first."""
    said = {field: ", ".join(texts) for field, texts in stated(change.sent).items()}
    if "message" in said:
        yield quoted(said.pop("message"), room)
    if "title" in said:
        yield first_line(said.pop("title"), room)
    moves = [said.pop(field) for field in ("status", "severity", "at") if field in said]
    if moves:
        yield ", ".join(moves)
    if "description" in said:
        yield quoted(said.pop("description"), room)
    for field, text in said.items():
        if text != name:
            yield f"{field} {first_line(text, room and room - cell_len(field) - 1)}"
    if isinstance(change, Create) and change.unfinished:
        yield "asked for again: an earlier run never learned the answer"


def _closing(change: Edit, layout: Layout) -> Iterator[Line]:
    """Yield the edit that ends a new incident: the fields by name, then what each will be."""
    fields = stated(change.sent)
    yield line(padded("then", column(())), ", ".join(fields), indent=INDENT)
    width = column(fields)
    for name, texts in fields.items():
        for row in rows(name, texts, width, layout):
            yield Line(row.spans, INDENT + 2)


def refused(plan: Plan, refusal: Refusal) -> Iterator[Line]:
    """Yield a resource that apply leaves out, with the reason and what can be done."""
    known = reference(plan, refusal.key)
    where = f"{visible(refusal.source.file)}:{refusal.source.line}"
    told = Span(f"  {refusal.why.value}", "bold red")
    yield line(Span(visible(str(refusal.key)), "bold"), f"  {known}" if known else "", told, sigil="!", right=where)
    for text in refusal.message.split("\n"):
        yield line("    ", visible(text))
    for text in refusal.hint.split("\n") if refusal.hint else ():
        yield line("    ", Span(f"hint: {visible(text)}", "cyan"))


def notices(plan: Plan) -> Iterator[Line]:
    """Yield what is good to know and changes nothing, by topic; left out is what its resource's block tells."""
    shown = {change.key.parent for change in plan.changes}
    apart = [each for each in plan.notices if not (each.topic in BESIDE and each.key.parent in shown)]
    for number, topic in enumerate(dict.fromkeys(each.topic for each in apart)):
        told = [each for each in apart if each.topic is topic]
        if number:
            yield BLANK
        yield line(Span(topic.value.capitalize(), "bold"))
        for notice in told[:MOST_NOTICES]:
            yield from _notice(notice)
        if len(told) > MOST_NOTICES:
            yield line(f"  … {count(len(told) - MOST_NOTICES, 'more', 'more')} (`--format json` lists all)")


def _notice(notice: Notice) -> Iterator[Line]:
    where = f" ({visible(notice.source.file)}:{notice.source.line})" if notice.source else ""
    yield line("  ", f"{notice.key}: {visible(notice.message)}{where}")
    if notice.hint:
        yield line("    ", Span(f"hint: {visible(notice.hint)}", "cyan"))


def summary(plan: Plan) -> str:
    """Return the last line: how much of what, computed from the changes."""
    counts = plan.summary
    todo = [f"{counts[word]:,} to {word}" for word in ("create", "edit", "adopt", "forget", "delete") if counts[word]]
    if counts["post"]:
        at = sum(bool(counts[word]) for word in ("create", "edit"))
        todo.insert(at, f"{count(counts['post'], 'update')} to post")
    rest = [
        f"{number:,} {word}"
        for number, word in ((counts["unchanged"], "unchanged"), (len(plan.refusals), "refused"))
        if number
    ]
    return f"Plan: {', '.join([*(todo or ['nothing to do']), *rest])}."
