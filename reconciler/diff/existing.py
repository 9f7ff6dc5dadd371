"""What exists: adopt it if it is new to us, then timeline items → updates in order → one edit. Pure.

Git declares, follows where people lead, and never fights them: a status that others brought further is left,
fields that belong to people in an incident are kept, and what the API cannot do is refused whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.alike import is_alike, is_called
from reconciler.diff import standing
from reconciler.diff.children import add_members, compare_children
from reconciler.diff.creation import asked_for, broken_move, declared_with, post
from reconciler.diff.fields import Difference, Verdicts, differences, fate, judge
from reconciler.diff.noting import note, note_unlearned
from reconciler.diff.pair import SEVERITY, STATUS, Pair, accepted, settled
from reconciler.diff.posted import Waiting, note_held, waiting
from reconciler.diff.rules import Around, Diff, Rules, generation, live_of
from reconciler.diff.strangers import doubt_items, is_undeclared
from reconciler.diff.unlearned import carried_out, caught_up
from reconciler.diff.updates import MOVES, Posting, moved_by_people, pass_over, posting, recognised
from reconciler.identity import DEFAULT_GENERATION
from reconciler.identity.generations import is_finished
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.spec import Drift, When
from reconciler.lifecycle import CLOSED, LEARNING, LIVE
from reconciler.model import (
    EDIT,
    Adopt,
    Cause,
    Child,
    Desired,
    Drifted,
    Edit,
    Fate,
    Leaf,
    Leaves,
    Notice,
    Path,
    Post,
    Refusal,
    Request,
    Step,
    Topic,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.identity import Matched


def converge(desired: Desired, match: Matched, around: Around, rules: Rules) -> Diff:
    """Return the steps that bring a live object to what is desired, or the reason to leave it alone whole."""
    kind = kinds.KINDS[desired.key.kind]
    live = live_of(kind, match.raw)
    noted = rules.record(desired.key, live.id)
    updates = recognised(desired, rules.memory, around.updates or (), rules.children)
    begun = rules.memory.pending.get(Step(EDIT, desired.key))
    answered = carried_out(
        caught_up(noted, updates, rules.memory, rules.lifecycle), begun, live.leaves, around.updates or ()
    )
    known_by_now = accepted(answered, desired.leaves.get(STATUS), live, rules.lifecycle)
    record = settled(known_by_now, live, rules.lifecycle)
    pair = Pair(kind, desired, match, live, record, around, rules, updates)
    diff = Diff()
    known, is_ours = record.fields if record else {}, not pair.is_strange
    differing = list(map(pair.told, differences(kind.fields, desired.leaves, live.leaves, known, is_ours=is_ours)))
    differing += standing.yielded(pair)
    found = [one for one in differing if not _is_ignored(pair, one)]
    diff.drifted += [_drifted(pair, one) for one in found if one.is_drift]
    if refusal := _changed_after_creation(pair, found, diff):
        return diff.refused(refusal)
    if refusal := doubt_items(pair):
        return diff.refused(refusal)
    stuck = standing.stuck(pair, diff)
    diff.leave(stuck)
    if match.is_new and not kind.natural_key:
        if match.how == "look-alike" and (doubt := _is_over_already(pair, diff)):
            return diff.refused(doubt)
        diff.add(Adopt(desired.key, desired.source, live, match.how))
        if match.how == "look-alike" and _may_be_the_one_before(pair):
            diff.notices.append(_one_before(pair))
        if match.how == "marker" and not is_called(match.raw["name"], desired.name):
            diff.notices.append(_called_otherwise(pair))
    left: list[Drifted] = []
    for table in kind.children:
        if table.edit:
            left += compare_children(table, desired, live.id, around, rules, diff)
    found = [one for one in found if not one.desired.fixed and one.path not in stuck]
    as_good = set(stuck) if standing.is_settled(pair) or standing.waits_unrecorded(pair) else set()
    done = _finish(pair, found, stuck, left, {one.path for one in differing} - as_good, diff)
    note_unlearned(pair, noted, known_by_now, done)
    if not done.refusals:
        add_members(desired, live.id, rules, done)
    return done


def _is_over_already(pair: Pair, diff: Diff) -> Refusal | None:
    """Return why what looks the same and is finished is not taken for it; where nothing speaks against it, warn.

    The same may have happened before, under the same name.
    """
    wanted = pair.desired.leaves.get(STATUS)
    if not is_finished(pair.match.raw) or (wanted and pair.rules.lifecycle.category(wanted) != LIVE):
        return None
    known, status = pair.live.reference, pair.live.leaves[STATUS].text
    told = f"{known} looks the same and is {status}, declared on {pair.match.raw['created_at'][:10]}"
    other = f"if it is another one, `not: [{known}]` below `metadata:`"
    if not is_undeclared(pair):
        diff.notices.append(Notice(Topic.WARNING, pair.key, told, pair.desired.source, other))
        return None
    told += ", with updates that are not declared: it may be an earlier one"
    return pair.refuse(Why.AMBIGUOUS, told, f"if it is this one, `id: {known}` below `metadata:`; {other}")


def _may_be_the_one_before(pair: Pair) -> bool:
    """Return whether its looks alone speak for this generation, when the one before it has the same."""
    return generation(pair.desired) != DEFAULT_GENERATION and not asked_for(pair)


def _one_before(pair: Pair) -> Notice:
    """Return the warning that what runs still may be what was to be declared anew once it is finished."""
    known = pair.live.reference
    told = f"{known} looks the same and is not finished: nothing tells whether it is this generation or one before"
    hint = (
        "if it is one before, put that `generation:` back until it is finished; "
        "with `identity_field` in reconciler.yaml each carries its own key"
    )
    return Notice(Topic.WARNING, pair.key, told, pair.desired.source, hint)


def _over_already(pair: Pair, plan: Posting, verdicts: Verdicts) -> Iterator[Notice]:
    """Yield what is done to a known incident that is over, and that somebody may not have meant: told, and done."""
    known, status = pair.live.reference, pair.live.leaves[STATUS].text
    if plan.posts and not any(STATUS in leaves for leaves in (pair.desired.leaves, *(one for _, one in plan.posts))):
        ids = " and ".join(f"`{child.key.child[1]}`" for child, _ in plan.posts)
        told, hint = f"{known} is {status}, and {ids} is posted to it", "a `status:` that is stated holds updates back"
        yield Notice(Topic.WARNING, pair.key, told, pair.desired.source, hint)
    if any(one.path == ("name",) and one.cause is Cause.MANIFEST for one in verdicts.write):
        hint = f"if it is another incident by now, {pair.anew}"
        yield Notice(Topic.WARNING, pair.key, f"{known} is {status}, and gets another name", pair.desired.source, hint)


def _called_otherwise(pair: Pair) -> Notice:
    """Return the warning that what carries the key may be somebody else's: two workspaces may have one name."""
    told = f"{pair.live.reference} carries its key and is called `{pair.match.raw['name']}`: people renamed it, or "
    told += f"another workspace called `{pair.rules.namespace}` declares it"
    hint = f"if it is not it, `not: [{pair.live.reference}]` below `metadata:`; no two workspaces should have one name"
    return Notice(Topic.WARNING, pair.key, told, pair.desired.source, hint)


def _finish(
    pair: Pair,
    found: list[Difference],
    stuck: tuple[Path, ...],
    left: list[Drifted],
    differing: set[Path],
    diff: Diff,
) -> Diff:
    """Add the updates and the edit, or refuse the whole where a policy forbids to decide, as of what is `left`."""
    told = waiting(pair, diff, is_over=standing.is_over(pair, stuck)) if pair.kind is INCIDENT else Waiting()
    if isinstance(told, Refusal):
        return diff.refused(told)
    diff.leave(path for path in told.driven if pair.policy(str(path[0])) is Drift.KEEP)
    # What an update gave way to is asked anew by the next one.
    again = {one.path for one in standing.yielded(pair)} & told.anew
    diff.drifted[:] = [one for one in diff.drifted if one.path not in again or one.key.child]
    plan = posting(told.updates, pair.live.leaves, told.left, pair.policy, stuck, told.held)
    verdicts = _verdicts(pair, [one for one in found if one.path not in told.driven])
    if refusal := _undecided(pair, plan, verdicts, left):
        return diff.refused(refusal)
    sent: Leaves = {}
    for child, carried in plan.posts:
        kept = tuple((path, said, pair.live.leaves[path]) for path, said in plan.kept_by(child).items())
        made = post(pair.desired, child, carried, pair.live.id, pair.rules, diff.after)
        diff.add(replace(made, kept=kept))
        sent |= made.sent
    if refusal := _asked_elsewhere(pair, diff):
        return diff.refused(refusal)
    _tell_kept(pair, plan, verdicts, diff)
    if pair.kind is INCIDENT and is_finished(pair.match.raw) and not pair.is_strange:
        diff.notices += _over_already(pair, plan, verdicts)
    write = [*verdicts.write, *_after_posts(pair, plan, sent, told.driven)]
    _edit(pair, write, _stated_again(pair, plan, write, verdicts), diff)
    note(pair, differing, stuck, verdicts, diff)
    note_held(pair, plan, diff)
    return diff


def _is_ignored(pair: Pair, one: Difference) -> bool:
    """Return whether a manifest leaves a field to people; not while it waits for the edit that first sets it."""
    if pair.is_marker(one.path) or one.field not in pair.desired.manifest.spec.get("ignore_changes", ()):
        return False
    late = pair.kind.fields[one.field].when is When.EDIT
    is_first = one.record is None or one.record.sent is None
    return not (late and pair.record is not None and is_first and one.live.value is None)


def _drifted(pair: Pair, one: Difference) -> Drifted:
    """Return what somebody changed outside, with what its policy says; what is fixed by now can only be kept."""
    only_kept = one.desired.fixed and one.cause is Cause.DRIFT
    return pair.drifted(one, Fate.KEPT if only_kept else fate(one.cause, pair.policy(one.field)))


def _changed_after_creation(pair: Pair, found: Iterable[Difference], diff: Diff) -> Refusal | None:
    """Refuse what a manifest asks anew of a field that the API takes at creation only; tell what others changed."""
    for one in found:
        if not one.desired.fixed:
            continue
        if one.cause is Cause.DRIFT:
            diff.notices.append(pair.notice(Topic.KEPT, pair.drifted(one, Fate.KEPT), pair.desired.source))
            continue
        was = f"from {one.live.text} " if one.live.text is not None else ""
        return pair.refuse(
            Why.IMPOSSIBLE,
            f"{one.name} cannot change after creation, {was}to {one.desired.text}",
            (f"take `{one.name}` out" if one.live.text is None else f"write `{one.name}: {one.live.text}`")
            + (f", or {pair.anew} to declare it anew" if pair.kind.keyed else ""),
            one.field,
        )
    return None


def _verdicts(pair: Pair, found: list[Difference]) -> Verdicts:
    """Judge the differences; what people did to an incident that is only now adopted counts as theirs."""
    if not pair.is_strange:
        return judge(found, pair.policy)
    theirs = [one for one in found if pair.policy(one.field) is not Drift.OVERWRITE and _is_theirs(pair, one)]
    judged = judge([one for one in found if one not in theirs], pair.policy)
    return Verdicts(judged.write, (*judged.keep, *theirs), judged.refuse)


def _is_theirs(pair: Pair, one: Difference) -> bool:
    if one.cause is not Cause.UNRECORDED:
        return False
    if one.path in MOVES:
        return one.path in moved_by_people(pair.around.updates or (), declared_with(pair))
    asked = asked_for(pair).get(one.path)
    return one.live.value is not None and not (asked and is_alike(asked.value, one.live.value))


def _undecided(pair: Pair, plan: Posting, verdicts: Verdicts, left: list[Drifted]) -> Refusal | None:
    """Return why the whole is left alone: a policy that leaves it to a person, or a move that does not exist."""
    first = {path: child for child, path in reversed(plan.refused)}
    undecided = [pair.drifted(one, Fate.REFUSED) for one in verdicts.refuse]
    undecided += [_driven(pair, child, path, Fate.REFUSED) for path, child in first.items()]
    if undecided or left:
        return pair.left_to_a_person([*undecided, *left])
    moves = [(carried[STATUS], child.source) for child, carried in plan.posts if STATUS in carried]
    moves += [(one.desired, pair.desired.manifest.at("status")) for one in verdicts.write if one.path == STATUS]
    return broken_move(pair.desired, pair.live.leaves.get(STATUS), moves, pair.rules.lifecycle)


def _asked_elsewhere(pair: Pair, diff: Diff) -> Refusal | None:
    """Return why an update is not posted as an earlier run asked for it: nothing brings an incident back from there."""
    wanted = pair.desired.leaves.get(STATUS)
    declared = {child.key: child.leaves.get(STATUS) for child in pair.updates.declared}
    for one in diff.changes:
        asked = one.sent.get(STATUS) if isinstance(one, Post) else None
        says = declared.get(one.key)
        if asked is None or wanted is None or (says and says.value == asked.value):
            continue
        if not pair.rules.lifecycle.may_move(asked, wanted):
            name = one.key.child[1]
            return Refusal(
                Why.IMPOSSIBLE,
                pair.key,
                one.source,
                f"a run that died asked for update `{name}` as {asked.text}, and may have it; the API moves no "
                f"incident from there to {wanted.text}",
                f"write `status: {asked.text}` into it to ask for the same again, or give it another `id`",
            )
    return None


def _tell_kept(pair: Pair, plan: Posting, verdicts: Verdicts, diff: Diff) -> None:
    for one in verdicts.keep:
        diff.notices.append(pair.notice(Topic.KEPT, pair.drifted(one, Fate.KEPT), pair.desired.source))
    for child, path in plan.kept:
        diff.notices.append(pair.notice(Topic.KEPT, _driven(pair, child, path, Fate.KEPT), child.source))
    pass_over(plan, "people moved the incident", diff)


def _driven(pair: Pair, child: Child, path: Path, fate: Fate) -> Drifted:
    """Return a status or severity that people moved and that an update would move elsewhere."""
    record = pair.record.fields.get(str(path[0])) if pair.record else None
    live = pair.live.leaves.get(path, Leaf(None))
    one = Difference(path, child.leaves[path], live, Cause.DRIFT, record)
    return replace(pair.drifted(one, fate, child.source), asker=f"update `{child.key.child[1]}`")


def _after_posts(pair: Pair, plan: Posting, sent: Leaves, driven: set[Path]) -> list[Difference]:
    """Return the status or severity that the updates, by what is `sent`, do not leave as the manifest wants it to end.

    What an earlier run asked for goes as it was asked for: without a status where it began in triage, and with the one
    that the manifest said then.
    """
    kept = {path for _, path in plan.kept}
    after = {path: sent.get(path, pair.live.leaves.get(path, Leaf(None))) for path in driven}
    return [
        Difference(path, wanted, after[path], Cause.MANIFEST)
        for path in (STATUS, SEVERITY)
        if path in driven
        and path not in kept
        and (wanted := pair.desired.leaves.get(path)) is not None
        and after[path].value != wanted.value
        and any(path in carried for _, carried in plan.posts)
    ]


def _stated_again(pair: Pair, plan: Posting, write: list[Difference], verdicts: Verdicts) -> Leaves:
    """Return the stated timestamps where a move will set them: the server overwrites what they were."""
    lifecycle = pair.rules.lifecycle
    moves = [carried[STATUS] for _, carried in plan.posts if STATUS in carried]
    moves += [one.desired for one in write if one.path == STATUS]
    entered = {lifecycle.category(move) for move in moves} - {lifecycle.category(pair.live.leaves.get(STATUS))}
    if not entered & {LEARNING, CLOSED} or "timestamps" in pair.desired.manifest.spec.get("ignore_changes", ()):
        return {}
    kept = {one.path for one in verdicts.keep}
    stated = {path: leaf for path, leaf in pair.desired.leaves.items() if path[0] == "timestamps" and leaf.value}
    return {path: leaf for path, leaf in stated.items() if path not in kept}


def _edit(pair: Pair, found: list[Difference], again: Leaves, diff: Diff) -> None:
    sent: Leaves = again | {one.path: one.desired for one in found}
    if not sent:
        return
    kind = pair.kind
    body = kind.whole_body(pair.live.raw, sent) if kind.whole else kind.body(sent)
    path = kind.path + kind.edit_path.replace("{id}", pair.live.id)
    request = Request(kind.edit_method, path, kind.wrap(pair.desired.manifest, body))
    shown = found or [Difference(path, leaf, leaf, Cause.MANIFEST) for path, leaf in again.items()]
    fields = tuple(one.change for one in shown)
    diff.add(Edit(pair.key, pair.desired.source, request, sent, fields, pair.live, diff.after))
