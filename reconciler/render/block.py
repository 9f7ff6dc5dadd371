"""One resource of a plan in, the lines that show everything that happens to it out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from reconciler.kinds import KINDS
from reconciler.kinds.incident import MEMBER
from reconciler.model import Adopt, Create, Delete, Edit, Forget, Post, Topic
from reconciler.render.fields import INDENT, changed, column, padded, rows, stated
from reconciler.render.page import Layout, Line, Span, line
from reconciler.render.words import count, first_line, in_full, quoted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model import Change, Key, Notice, Plan, Source

BESIDE = frozenset({Topic.KEPT, Topic.FROZEN, Topic.UNSTATED})
"""Notices that are told where their resource is shown anyway."""
ORDERS = frozenset(table.ordered_by for kind in KINDS.values() for table in kind.children)
"""Fields that hold a child's place: the order of the lines tells it."""
NOUN = 9
"""The column of what children are called."""
FOUND_BY = {
    "marker": "the key that it carries",
    "look-alike": "its name, mode and visibility",
    "tombstone": "what is remembered of it from before",
}
ASKED_AGAIN = "asked for again: an earlier run never learned the answer"


@dataclass(frozen=True, slots=True)
class Block:
    """One resource with all its changes, and what else there is to say beside them.

    `recognised` is what the children of an adopted incident are, a noun for each; `names` what people call IDs.
    """

    key: Key
    reference: str
    changes: Sequence[Change]
    notices: Sequence[Notice]
    recognised: Sequence[str]
    names: Mapping[str, str]

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
    notices: dict[Key, list[Notice]] = {}
    for notice in plan.notices:
        if notice.topic in BESIDE:
            notices.setdefault(notice.key.parent, []).append(notice)
    adopted = {change.key for change in plan.changes if isinstance(change, Adopt)}
    recognised: dict[Key, list[str]] = {}
    for key in sorted(plan.observed):
        if key.child and key.parent in adopted and plan.observed[key].how == "found":
            recognised.setdefault(key.parent, []).append(key.child[0])
    return [
        Block(key, reference(plan, key), mine, notices.get(key, []), recognised.get(key, []), plan.names)
        for key, mine in changes.items()
    ]


def reference(plan: Plan, key: Key) -> str:
    """Return what people call the live object, such as INC-142; empty where there is none."""
    live = plan.live.get(key.parent)
    return visible(live.reference) if live else ""


def place(source: Source) -> str:
    """Return the file and line, as editors and terminals follow it."""
    return f"{visible(source.file)}:{source.line}" if source.line else visible(source.file)


def block(each: Block, layout: Layout) -> Iterator[Line]:
    """Yield the resource: what it is, its own fields, its children in order, and what ends a new one."""
    known = f"  {each.reference}" if each.reference else ""
    first = (each.own or each.changes)[0]
    yield line(Span(visible(str(each.key)), "bold"), known, sigil=each.sigil, right=place(first.source))
    for change in each.own:
        match change:
            case Adopt():
                yield from _adopted(change, each.recognised)
            case Create():
                yield from _created(change, each.names)
            case Delete(name=name):
                yield line("    ", f"delete the {KINDS[each.key.kind].noun} {visible(name)}")
    edits = [change for change in each.own if isinstance(change, Edit)]
    width = column(visible(name) for name in (*_names(edits), *(one.moved.what for one in each.notices if one.moved)))
    yield from _edited([edit for edit in edits if edit.live is not None], width, layout)
    yield from _children([change for change in each.changes if change.key.child], each.names, layout)
    for edit in edits:
        if edit.live is None:
            yield from _closing(edit, each.names)
    for change in each.own:
        if isinstance(change, Forget):
            name = f" ({visible(change.name)})" if change.name not in {"", change.known} else ""
            yield line("    ", f"forget {visible(change.known)}{name}: {visible(change.why)}")
    yield from _beside(each.notices, width)


def _names(edits: Sequence[Edit]) -> Iterator[str]:
    yield from (field.name for edit in edits if edit.live is not None for field in edit.fields)


def _beside(notices: Sequence[Notice], width: int) -> Iterator[Line]:
    """Yield what is told of the resource and changes nothing; what is kept stands in the column of the fields."""
    for notice in notices:
        lead = visible(notice.moved.what) if notice.moved else ""
        said = visible(notice.message).removeprefix(f"{lead} ")
        yield line("    ", f"{padded(lead, width)}{said}" if lead else said)


def _adopted(change: Adopt, recognised: Sequence[str]) -> Iterator[Line]:
    known = visible(change.live.reference or change.live.id)
    yield line("    ", f"adopt {known}, found by {FOUND_BY.get(change.how, visible(change.how))}")
    if recognised:
        nouns = {"timeline": "timeline item"}
        told = [count(len(list(same)), nouns.get(noun, visible(noun))) for noun, same in groupby(recognised)]
        yield line("    ", f"recognised {' and '.join(told)}")


def _created(change: Create, names: Mapping[str, str]) -> Iterator[Line]:
    said = stated(change.sent, names)
    started = [text for name in ("status", "severity") for text in said.pop(name, [])]
    first = {"name": said.pop("name", [visible(change.name)]), "created": [", ".join(started)] if started else []}
    fields = {name: texts for name, texts in (first | said).items() if texts}
    if change.unfinished:
        yield line("    ", ASKED_AGAIN)
    width = column(fields)
    for name, texts in fields.items():
        yield from rows(name, texts, width)


def _edited(edits: Sequence[Edit], width: int, layout: Layout) -> Iterator[Line]:
    for edit in edits:
        if edit.makes_room:
            yield line("    ", "makes room for another, then moves on")
        for field in edit.fields:
            yield from changed(field, width, layout)


def _children(changes: Sequence[Change], names: Mapping[str, str], layout: Layout) -> Iterator[Line]:
    ids = column(visible("/".join(change.key.child[1:])) for change in changes) + 1
    for change in changes:
        noun, *rest = (visible(part) for part in change.key.child)
        name = visible(change.name) if noun == MEMBER.noun and isinstance(change, Create) else "/".join(rest)
        lead = padded(noun, NOUN, 1) + padded(name, ids)
        match change:
            case Edit():
                yield line(lead.rstrip(), indent=INDENT, sigil="~")
                width = column(visible(field.name) for field in change.fields)
                for field in change.fields:
                    yield from changed(field, width, layout, INDENT + 2)
            case Post() | Create():
                taken = INDENT + 2 + cell_len(lead)
                said = list(_said(change, name, names, layout.room(taken)))
                yield line(lead if said else lead.rstrip(), *said[:1], indent=INDENT, sigil="+")
                yield from (line(" " * taken, text) for text in said[1:])
            case _:
                yield line(lead.rstrip(), indent=INDENT, sigil="-")


def _said(change: Post | Create, name: str, names: Mapping[str, str], room: int | None) -> Iterator[str]:
    """Yield what a child says, first the words that people will read."""
    said = {field: ", ".join(texts) for field, texts in stated(change.sent, names).items()}
    if "message" in said:
        # It cannot be edited once posted: whoever says yes has read all of it.
        yield from in_full(said.pop("message"), room)
    if "title" in said:
        yield first_line(said.pop("title"), None)
    moves = [said.pop(field) for field in ("status", "severity", "at") if field in said]
    if moves:
        yield ", ".join(moves)
    if "description" in said:
        yield quoted(said.pop("description"), None)
    for field, text in said.items():
        if text != name and field not in ORDERS:
            yield f"{field} {first_line(text, None)}"
    if change.unfinished:
        yield ASKED_AGAIN


def _closing(change: Edit, names: Mapping[str, str]) -> Iterator[Line]:
    """Yield the edit that ends a new incident: what a create cannot carry, and what only holds after the updates."""
    fields = stated(change.sent, names)
    width = column(fields)
    lead = padded("then", column(()))
    for name, texts in fields.items():
        for row in rows(name, texts, width):
            yield Line((Span(lead), *row.spans), INDENT)
            lead = " " * len(lead)
