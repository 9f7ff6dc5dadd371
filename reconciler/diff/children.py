"""Children that can be edited, timeline items and options: which to create, which to edit, in which order. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.diff import telling
from reconciler.diff.fields import Difference, differences, fate, judge
from reconciler.diff.unlearned import carried_out, news
from reconciler.identity import parts
from reconciler.kinds.incident import MEMBER, UPDATE
from reconciler.kinds.spec import Drift, encode
from reconciler.model import (
    EDIT,
    Cause,
    Child,
    Create,
    Desired,
    Drifted,
    Edit,
    Fate,
    Key,
    Leaf,
    Leaves,
    Notice,
    Observation,
    Post,
    Ref,
    Request,
    Step,
    Topic,
    step,
)
from reconciler.refs import in_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.diff.rules import Around, Diff, Rules
    from reconciler.kinds.spec import ChildKind
    from reconciler.model import Live

TITLES = frozenset({"title", "value", "user"})
"""Fields that say what a child is called."""
STEP = 10
"""How far apart sort keys are set, so that an option can come between two others later."""


def compare_children(
    table: ChildKind, desired: Desired, owner: Ref | str, around: Around, rules: Rules, diff: Diff
) -> list[Drifted]:
    """Add the steps that a resource's children of one kind need; those nobody declares are left alone.

    Returns what their drift policy leaves to a person: then the whole resource is left alone.
    """
    declared = [child for child in desired.children if child.key.child[0] == table.noun]
    listed = around.children.get(table.noun)
    live = [parts.live_of(table, one) for one in listed or ()]
    found = parts.matched(table, declared, live, rules.memory, rules.children)
    if table.ordered_by:
        declared = _placed(table, declared, found)
    for child in declared:
        known = rules.memory.record(child.key)
        if there := found.get(child.key):
            _compare(table, child, there, around, rules, diff)
        elif known is None or known.id in {one.id for one in live}:
            # What was recorded as it is another one by now.
            _make(table, desired, child, owner, rules, diff)
        elif listed is not None:
            _gone(table, desired, child, owner, around, rules, diff)
    return [one for one in diff.drifted if one.key.child[:1] == (table.noun,) and one.fate is Fate.REFUSED]


def add_members(desired: Desired, owner: Ref | str, rules: Rules, diff: Diff) -> None:
    """Add who is not known to be a member yet; nothing waits for them, and they wait for the incident alone.

    Nobody can read who is one, and granting twice leaves one membership.
    """
    made = next((step(one) for one in diff.changes if isinstance(one, Create) and not one.key.child), None)
    for child in desired.children:
        if child.key.child[0] == MEMBER.noun and rules.memory.record(child.key) is None:
            diff.add(creation(MEMBER, desired, child, owner, rules, (made,) if made else ()))


def _as_declared(declared: Leaf | None, value: Any, rules: Rules) -> Leaf:
    """Return a value that was sent, read as it is declared where it is the same."""
    return declared if declared and declared.value == value else Leaf(value, rules.called(value))


def creation(
    table: ChildKind, desired: Desired, child: Child, owner: Ref | str, rules: Rules, after: tuple[Step, ...]
) -> Create:
    """Return the step that makes a child."""
    key = rules.idempotency_key(desired, child.key) if table.keyed else ""
    pending = rules.memory.pending.get(Step(Post.verb if table is UPDATE else Create.verb, child.key))
    body = {table.parent: owner} | ({"idempotency_key": key} if key else {}) | encode(table.fields, child.leaves)
    sent = child.leaves
    if pending and pending.idempotency_key == key and key:
        body = dict(pending.body)
        sent = {(path,): _as_declared(child.leaves.get((path,)), value, rules) for path, value in pending.sent.items()}
    title = next((str(leaf.text) for path, leaf in child.leaves.items() if path[0] in TITLES), "")
    return Create(
        key=child.key,
        source=child.source,
        name=title,
        request=Request("POST", table.path, body),
        sent=sent,
        idempotency_key=key,
        after=after,
        unfinished=pending is not None,
    )


def _make(table: ChildKind, desired: Desired, child: Child, owner: Ref | str, rules: Rules, diff: Diff) -> None:
    """Add the step that makes a child, and the one that edits it where that goes as an earlier run asked for it."""
    made = creation(table, desired, child, owner, rules, diff.after)
    diff.add(made)
    missing = [
        Difference(path, wanted, made.sent.get(path, Leaf(None)), Cause.MANIFEST)
        for path, wanted in child.leaves.items()
        if made.sent.get(path, Leaf(None)).value != wanted.value
    ]
    if missing:
        sent: Leaves = {one.path: one.desired for one in missing}
        body = encode(table.fields, child.leaves if table.edit == "PUT" else sent)
        request = Request(table.edit, f"{table.path}/{in_path(Ref(child.key))}", body)
        fields = tuple(one.change for one in missing)
        diff.add(Edit(child.key, child.source, request, sent, fields, None, diff.after))


def _policy(table: ChildKind, key: Key, around: Around, rules: Rules) -> Drift:
    return Drift.KEEP if table.noun in around.only_told else rules.drift(key.kind, table.listed)


def _gone(
    table: ChildKind, desired: Desired, child: Child, owner: Ref | str, around: Around, rules: Rules, diff: Diff
) -> None:
    """Make a child again that was deleted outside, where its policy says so and its key was not used up."""
    policy = _policy(table, desired.key, around, rules)
    known = fate(Cause.DRIFT, policy)
    title = next((leaf.text for path, leaf in child.leaves.items() if path[0] in TITLES), None)
    one = Drifted(
        key=child.key,
        source=child.source,
        path=(),
        name="",
        field=table.listed,
        left=title,
        live=None,
        desired=title,
        cause=Cause.DRIFT,
        fate=Fate.KEPT if table.keyed and known is Fate.OVERWRITTEN else known,
        is_set=False,
    )
    diff.drifted.append(one)
    if one.fate is Fate.OVERWRITTEN:
        _make(table, desired, child, owner, rules, diff)
    elif one.fate is Fate.KEPT:
        hint = "an ID is never used again: give it another `id` to have it back" if table.keyed else ""
        diff.notices.append(Notice(Topic.KEPT, child.key, telling.notice(Topic.KEPT, one), child.source, hint, one))


def _compare(table: ChildKind, child: Child, live: Live, around: Around, rules: Rules, diff: Diff) -> None:
    begun = rules.memory.pending.get(Step(EDIT, child.key))
    noted = rules.record(child.key, live.id)
    record = carried_out(noted, begun, live.leaves)
    if noted and record and noted is not record:
        diff.observed[child.key] = news(noted, record)
    policy = _policy(table, child.key, around, rules)
    every = list(differences(table.fields, child.leaves, live.leaves, record.fields if record else {}))
    verdicts = judge(every, lambda _: policy)
    told = partial(_told, table, child, around, rules)
    drifted = [told(one, fate(one.cause, policy)) for one in every if one.is_drift]
    diff.drifted += drifted
    diff.notices += [
        Notice(Topic.KEPT, child.key, telling.notice(Topic.KEPT, one), child.source, moved=one)
        for one in drifted
        if one.fate is Fate.KEPT
    ]
    found = verdicts.write
    if found and not verdicts.refuse:
        sent: Leaves = {one.path: one.desired for one in found}
        # What is sent whole carries what is kept as it is.
        whole = {**child.leaves, **{one.path: one.live for one in verdicts.keep}} if table.edit == "PUT" else sent
        diff.add(
            Edit(
                key=child.key,
                source=child.source,
                request=Request(table.edit, f"{table.path}/{live.id}", encode(table.fields, whole)),
                sent=sent,
                fields=tuple(one.change for one in found),
                live=live,
                after=diff.after,
            )
        )
    if record is None:
        equal = {path: leaf for path, leaf in child.leaves.items() if path not in {one.path for one in every}}
        diff.observed[child.key] = Observation(live.id, "found", equal, live.leaves)


def _told(table: ChildKind, child: Child, around: Around, rules: Rules, one: Difference, fate: Fate) -> Drifted:
    drifted = one.told(child.key, child.source, fate, rules.called, table.listed)
    return replace(drifted, is_unread=table.noun in around.only_told)


def _placed(table: ChildKind, declared: list[Child], found: Mapping[Key, Live]) -> list[Child]:
    """Give each child its sort key: the one it has where the order is right, new ones for all where it is not."""
    place = (table.ordered_by,)
    keys: list[int | None] = [
        live.leaves[place].value if (live := found.get(child.key)) is not None else None for child in declared
    ]
    return [
        Child(child.key, {**child.leaves, place: Leaf.plain(key)}, child.source)
        for child, key in zip(declared, sort_keys(keys), strict=True)
    ]


def sort_keys(keys: Sequence[int | None]) -> list[int]:
    """Return strictly rising sort keys: those that are there, and new ones (None) between or behind them.

    Where those that are there do not rise, or leave no room, all are set anew.
    """
    placed: list[int] = []
    for index, key in enumerate(keys):
        before = placed[-1] if placed else 0
        here = key if key is not None else _between(before, keys[index:])
        if placed and here <= before:
            return [STEP * (at + 1) for at in range(len(keys))]
        placed.append(here)
    return placed


def _between(before: int, rest: Sequence[int | None]) -> int:
    """Return a sort key behind `before` and in front of the next one that is there."""
    following = next((key for key in rest if key is not None), None)
    return before + STEP if following is None else (before + following) // 2
