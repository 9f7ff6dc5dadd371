"""What exists: adopt it if it is new to us, then timeline items → updates in order → one edit. Pure.

Git declares, follows where people lead, and never fights them: a status that others brought further is left,
fields that belong to people in an incident are kept, and what the API cannot do is refused whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.diff.children import compare_children
from reconciler.diff.creation import SEVERITY, STATUS, broken_move, post
from reconciler.diff.fields import Difference, Verdicts, differences, judge
from reconciler.diff.rules import Around, Diff, Rules, live_of, observation
from reconciler.diff.updates import MOVES, Posting, moved_by_people, posting, recognise
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import UPDATE
from reconciler.kinds.spec import Drift, When
from reconciler.model import (
    Adopt,
    Cause,
    Child,
    Desired,
    Edit,
    Key,
    Leaf,
    Leaves,
    Live,
    Notice,
    Observation,
    Path,
    Refusal,
    Request,
    Topic,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.identity import Matched
    from reconciler.kinds.spec import Kind
    from reconciler.state.record import Record


@dataclass(frozen=True, slots=True)
class Pair:
    """A resource beside its live object, with what is remembered of it."""

    kind: Kind
    desired: Desired
    match: Matched
    live: Live
    record: Record | None
    around: Around
    rules: Rules

    @property
    def key(self) -> Key:
        """Return who it is."""
        return self.desired.key

    def policy(self, field: str) -> Drift:
        """Return what happens to a field that somebody changed outside."""
        return self.rules.drift(self.kind.name, field)

    def refuse(self, why: Why, message: str, hint: str, field: str = "") -> Refusal:
        """Return the reason to leave it alone, at the field's place."""
        at = self.desired.manifest.at(field) if field else self.desired.source
        return Refusal(why, self.key, at, message, hint)


def converge(desired: Desired, match: Matched, around: Around, rules: Rules) -> Diff:
    """Return the steps that bring a live object to what is desired, or the reason to leave it alone whole."""
    kind = kinds.KINDS[desired.key.kind]
    live = live_of(kind, match.raw)
    pair = Pair(kind, desired, match, live, rules.record(desired.key, live.id), around, rules)
    diff = Diff()
    found = _differences(pair)
    if refusal := _changed_after_creation(pair, found, diff):
        return diff.refused(refusal)
    stuck = _status(pair, diff)
    if match.is_new and not kind.natural_key:
        diff.add(Adopt(desired.key, desired.source, live, match.how))
    for table in kind.children:
        if table.edit:
            compare_children(table, desired, live.id, around, rules, diff)
    found = [one for one in found if not one.desired.fixed and one.path not in stuck]
    return _finish(pair, found, stuck, diff)


def _finish(pair: Pair, found: list[Difference], stuck: tuple[Path, ...], diff: Diff) -> Diff:
    """Add the updates and the edit, or refuse the whole where a policy forbids to decide."""
    told = _updates(pair, diff) if pair.kind is INCIDENT else _NONE
    if isinstance(told, Refusal):
        return diff.refused(told)
    waiting, left = told
    driven = {path for child in waiting for path in MOVES if path in child.leaves}
    if STATUS in stuck and _is_over(pair):
        waiting = []
    plan = posting(waiting, pair.live.leaves, left, pair.policy, stuck)
    verdicts = _verdicts(pair, [one for one in found if one.path not in driven | set(stuck)])
    if refusal := _undecided(pair, plan, verdicts):
        return diff.refused(refusal)
    for child, carried in plan.posts:
        kept = tuple((path, child.leaves[path], pair.live.leaves[path]) for path in plan.kept_by(child))
        made = post(pair.desired, child, carried, pair.live.id, pair.rules, diff.after)
        diff.add(replace(made, kept=kept))
    _tell_kept(pair, plan, verdicts, diff)
    _edit(pair, [*verdicts.write, *_after_posts(pair, plan, driven)], diff)
    _observe(pair, found, verdicts, diff)
    return diff


def _undecided(pair: Pair, plan: Posting, verdicts: Verdicts) -> Refusal | None:
    """Return why the whole is left alone: a policy that leaves it to a person, or a move that does not exist."""
    if plan.refused:
        child, path = plan.refused[0]
        return _both(pair, [str(path[0])], f"update `{child.key.child[1]}` would move it")
    if verdicts.refuse:
        return _both(pair, [one.name for one in verdicts.refuse], "people changed it too")
    moves = [(carried[STATUS], child.source) for child, carried in plan.posts if STATUS in carried]
    moves += [(one.desired, pair.desired.manifest.at("status")) for one in verdicts.write if one.path == STATUS]
    return broken_move(pair.desired, pair.live.leaves.get(STATUS), moves, pair.rules.lifecycle)


_NONE: tuple[list[Child], dict[Path, object]] = ([], {})


def _differences(pair: Pair) -> list[Difference]:
    """Return what differs, but for fields that the manifest leaves to people."""
    ignored = set(pair.desired.manifest.spec.get("ignore_changes", ()))
    records = pair.record.fields if pair.record else {}
    found = differences(pair.kind.fields, pair.desired.leaves, pair.live.leaves, records)
    return [one for one in found if one.field not in ignored or _was_never_set(pair, one)]


def _was_never_set(pair: Pair, one: Difference) -> bool:
    """Return whether an ignored field still waits for the edit that sets it, as a create cannot carry it."""
    late = pair.kind.fields[one.field].when is When.EDIT
    return late and pair.record is not None and one.cause is Cause.UNRECORDED and one.live.value is None


def _changed_after_creation(pair: Pair, found: Iterable[Difference], diff: Diff) -> Refusal | None:
    """Refuse what a manifest asks anew of a field that the API takes at creation only; tell what others changed."""
    for one in found:
        if not one.desired.fixed:
            continue
        if one.cause is Cause.DRIFT:
            message = f"{one.name} is {one.live.text}; the manifest says {one.desired.text}"
            diff.notices.append(Notice(Topic.KEPT, pair.key, message, pair.desired.source))
            continue
        was = f"from {one.live.text} " if one.live.text is not None else ""
        return pair.refuse(
            Why.IMPOSSIBLE,
            f"{one.name} cannot change after creation, {was}to {one.desired.text}",
            f"write `{one.name}: {one.live.text}`"
            + (", or raise `metadata.generation` to declare it anew" if pair.kind.keyed else ""),
            one.field,
        )
    return None


def _is_over(pair: Pair) -> bool:
    live, wanted = pair.live.leaves[STATUS], pair.desired.leaves[STATUS]
    return pair.rules.lifecycle.is_further(live, wanted)


def _status(pair: Pair, diff: Diff) -> tuple[Path, ...]:
    """Return `(STATUS,)` where the status is left as it is, and tell why.

    Others brought it further: finished. In triage: a person must accept it. Post-incident statuses move by
    themselves, so there one is as good as another once it was written.
    """
    wanted, live = pair.desired.leaves.get(STATUS), pair.live.leaves.get(STATUS)
    if pair.kind is not INCIDENT or wanted is None or live is None or wanted.value == live.value:
        return ()
    lifecycle = pair.rules.lifecycle
    known = pair.record.fields.get("status") if pair.record else None
    if known and known.sent == wanted.value and (known.answered == live.value or lifecycle.is_settled(live, wanted)):
        return (STATUS,)
    asks_anew = known is not None and known.answered == live.value
    if lifecycle.is_further(live, wanted) and not asks_anew:
        diff.notices.append(_finished(pair, live, wanted))
        return (STATUS,)
    if (lifecycle.category(live), lifecycle.category(wanted)) == ("triage", "live"):
        message = f"it is in triage, and a person must accept it; the manifest says {wanted.text}"
        diff.notices.append(Notice(Topic.TRIAGE, pair.key, message, pair.desired.source))
        return (STATUS,)
    return ()


def _finished(pair: Pair, live: Leaf, wanted: Leaf) -> Notice:
    return Notice(
        Topic.FINISHED,
        pair.key,
        f"{live.text}; the manifest says {wanted.text}",
        pair.desired.source,
        f"write `status: {live.text}` to agree, or raise `metadata.generation` to declare it anew",
    )


def _updates(pair: Pair, diff: Diff) -> Refusal | tuple[list[Child], dict[Path, object]]:
    """Return the updates that wait to be posted, and the status and severity that the steps before them left."""
    declared = [child for child in pair.desired.children if child.key.child[0] == UPDATE.noun]
    known = {child.key: record.id for child in declared if (record := pair.rules.memory.record(child.key)) is not None}
    found = recognise(declared, known, pair.around.updates or ())
    waiting = [child for child in declared if child.key not in known and child.key not in found.posted]
    _tell_frozen(declared, pair, diff)
    if waiting and (refusal := _cannot_post(pair, declared, waiting, known, found.stranger is not None)):
        return refusal
    for key, (identifier, leaves) in found.posted.items():
        child = next(one for one in declared if one.key == key)
        there = leaves or child.leaves
        diff.observed[key] = Observation(identifier, "found", child.leaves, there)
    left = {path: _left(pair, path, declared, waiting) for path in MOVES}
    return waiting, {path: value for path, value in left.items() if value is not None}


def _left(pair: Pair, path: Path, declared: list[Child], waiting: list[Child]) -> object:
    """Return the value that our own steps left: the one answered, else what the posted updates or the create set."""
    record = pair.record.fields.get(str(path[0])) if pair.record else None
    if record is not None:
        return record.answered
    if moved_by_people(pair.around.updates or (), path):
        posted = [child for child in declared if child not in waiting and path in child.leaves]
        before = [*(child.leaves[path] for child in posted[-1:]), pair.desired.creation.get(path)]
        return next((leaf.value for leaf in before if leaf), "") if waiting else None
    return None


def _cannot_post(
    pair: Pair, declared: list[Child], waiting: list[Child], known: dict[Key, str], strange: bool
) -> Refusal | None:
    order = [child.key for child in declared]
    late = [child for child in waiting if any(order.index(child.key) < order.index(key) for key in known)]
    if late:
        name = late[0].key.child[1]
        return Refusal(
            Why.IMPOSSIBLE,
            pair.key,
            late[0].source,
            f"update `{name}` stands before one that was posted, and posted updates keep their order",
            "move it to the end of `updates`",
        )
    if strange and pair.record is None:
        return pair.refuse(
            Why.UNKNOWN,
            "the timeline holds updates by an API key that this manifest does not declare, so it cannot be told "
            "which of the declared ones were posted",
            "declare the updates as they stand in the timeline, then add new ones at the end",
            "updates",
        )
    return None


def _tell_frozen(declared: list[Child], pair: Pair, diff: Diff) -> None:
    for child in declared:
        record = pair.rules.memory.record(child.key)
        if record is None:
            continue
        now = {str(path[0]): leaf.value for path, leaf in child.leaves.items()}
        sent = {path: kept.sent for path, kept in record.fields.items()}
        # A move that was left out when it was posted is no edit of the manifest.
        edited = [name for name, value in now.items() if name in sent and sent[name] != value]
        edited += [name for name in sent if name not in now]
        if edited:
            message = f"update `{child.key.child[1]}` was posted and cannot be edited; its {' and '.join(edited)} stays"
            hint = "put the old text back, or add an update that corrects it"
            diff.notices.append(Notice(Topic.FROZEN, child.key, message, child.source, hint))


def _verdicts(pair: Pair, found: list[Difference]) -> Verdicts:
    """Judge the differences; what people did to an incident that is only now adopted counts as theirs."""
    if pair.record is not None or pair.kind.natural_key:
        return judge(found, pair.policy)
    theirs = [one for one in found if pair.policy(one.field) is not Drift.OVERWRITE and _is_theirs(pair, one)]
    judged = judge([one for one in found if one not in theirs], pair.policy)
    return Verdicts(judged.write, (*judged.keep, *theirs), judged.refuse)


def _is_theirs(pair: Pair, one: Difference) -> bool:
    if one.path in MOVES:
        return moved_by_people(pair.around.updates or (), one.path)
    return one.live.value is not None


def _both(pair: Pair, names: list[str], reason: str) -> Refusal:
    told = " and ".join(names)
    return pair.refuse(
        Why.CONFLICT,
        f"{told} changed in the manifest, and {reason}; the drift policy leaves that to a person",
        f"write the live value of {told} into the manifest, or set `drift: {{{pair.kind.name}: {{"
        f"{names[0].split('.')[0]}: overwrite}}}}` in reconciler.yaml",
        names[0].split(".")[0],
    )


def _tell_kept(pair: Pair, plan: Posting, verdicts: Verdicts, diff: Diff) -> None:
    for one in verdicts.keep:
        message = f"{one.name} {_text(one.live)} kept; the manifest says {_text(one.desired)}"
        diff.notices.append(Notice(Topic.KEPT, pair.key, message, pair.desired.source))
    for child, path in plan.kept:
        now = _text(pair.live.leaves.get(path, Leaf(None)))
        message = f"{path[0]} {now} kept; update `{child.key.child[1]}` says {_text(child.leaves[path])}"
        diff.notices.append(Notice(Topic.KEPT, pair.key, message, child.source))
    for child in plan.unsaid:
        message = f"update `{child.key.child[1]}` is not posted: it has no message, and people moved the incident"
        diff.notices.append(Notice(Topic.KEPT, child.key, message, child.source))


def _text(leaf: Leaf) -> str:
    return "nothing" if leaf.text is None else str(leaf.text)


def _after_posts(pair: Pair, plan: Posting, driven: set[Path]) -> list[Difference]:
    """Return the status or severity that the updates do not leave as the manifest wants it to end."""
    kept = {path for _, path in plan.kept}
    return [
        Difference(path, wanted, plan.after[path], Cause.MANIFEST)
        for path in (STATUS, SEVERITY)
        if path in driven
        and path not in kept
        and (wanted := pair.desired.leaves.get(path)) is not None
        and plan.after[path].value != wanted.value
        and any(path in carried for _, carried in plan.posts)
    ]


def _edit(pair: Pair, found: list[Difference], diff: Diff) -> None:
    if not found:
        return
    kind = pair.kind
    sent: Leaves = {one.path: one.desired for one in found}
    body = kind.body(sent)
    if kind.whole:
        rest = {name: value for name, value in pair.live.raw.items() if name not in kind.server_fields}
        body = rest | body
    path = kind.path + kind.edit_path.replace("{id}", pair.live.id)
    request = Request(kind.edit_method, path, kind.wrap(pair.desired.manifest, body))
    fields = tuple(one.change for one in found)
    diff.add(Edit(pair.key, pair.desired.source, request, sent, fields, pair.live, diff.after))


def _observe(pair: Pair, found: list[Difference], verdicts: Verdicts, diff: Diff) -> None:
    """Note what state should learn: all that is declared and needs no write, or that people keep otherwise."""
    written = {one.path for one in verdicts.write}
    drifted = {one.path for one in verdicts.keep if one.cause is Cause.DRIFT}
    open_moves = {one.path for one in found} - written - drifted - {one.path for one in verdicts.keep}
    stands = {path: leaf for path, leaf in pair.desired.leaves.items() if path not in written | drifted | open_moves}
    seen = observation(pair.desired, pair.match, pair.live, stands, pair.record)
    if seen:
        diff.observed[pair.key] = seen
