"""What does not exist: create → timeline items → updates in order → one edit with what a create cannot carry. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.diff.children import add_members, compare_children, creation
from reconciler.diff.pair import SEVERITY, STATUS
from reconciler.diff.rules import Around, Diff, Rules, generation, on_remove, protect
from reconciler.diff.updates import MOVES, pass_over, posting
from reconciler.identity.claims import DEFAULT_MODE, DEFAULT_VISIBILITY
from reconciler.kinds.incident import UPDATE
from reconciler.kinds.spec import Drift, When, encode
from reconciler.lifecycle import CLOSED, LEARNING, LIVE, starts_in_triage
from reconciler.model import (
    Cause,
    Create,
    Desired,
    Edit,
    FieldChange,
    Leaf,
    Leaves,
    Notice,
    Path,
    Post,
    Ref,
    Refusal,
    Request,
    Step,
    Topic,
    Why,
)
from reconciler.refs import in_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.diff.pair import Pair
    from reconciler.kinds.spec import ChildKind, Kind
    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Child, Source


def declare(desired: Desired, rules: Rules) -> Diff:
    """Return the steps that make a resource, or a refusal where the API could not."""
    kind = kinds.KINDS[desired.key.kind]
    diff = Diff()
    start = at_creation(kind, desired, rules.lifecycle)
    refusal = impossible(desired, start, rules) if STATUS in kind_paths(kind) else None
    if refusal:
        return diff.refused(refusal)
    created = _create(kind, desired, start, rules)
    if created.unfinished and (refusal := _asked_otherwise(desired, created)):
        return diff.refused(refusal)
    diff.add(created)
    owner = Ref(desired.key)
    for table in kind.children:
        if table.edit:
            compare_children(table, desired, owner, Around(), rules, diff)
    after = _post_all(desired, created, owner, rules, diff)
    _close_gap(kind, desired, created, after, diff)
    add_members(desired, owner, rules, diff)
    return diff


UNLESS_STATED: Leaves = {("mode",): Leaf.plain(DEFAULT_MODE), ("visibility",): Leaf.plain(DEFAULT_VISIBILITY)}
"""What the API takes at creation only, and takes for said where nothing is."""


def _asked_otherwise(desired: Desired, created: Create) -> Refusal | None:
    """Return why what a run that died asked for is not asked for again: no edit could bring it to what is declared."""
    kind = kinds.KINDS[desired.key.kind]
    stated = {path: leaf for path, leaf in desired.leaves.items() if kind.fields[str(path[0])].when is When.CREATE}
    implied: Leaves = UNLESS_STATED if kind.keyed else {}
    for path, wanted in (implied | stated).items():
        asked = created.sent.get(path, implied.get(path, Leaf(None)))
        if asked.value == wanted.value:
            continue
        name = str(path[0])
        back = f"take `{name}` out" if asked.text is None else f"write `{name}: {asked.text}`"
        return Refusal(
            Why.IMPOSSIBLE,
            desired.key,
            desired.manifest.at(name),
            f"a run that died asked for it {f'without {name}' if asked.text is None else f'as {asked.text}'}, and may "
            f"have it; {name} cannot change after creation, to {wanted.text}",
            f"{back} to ask for the same again; if it is not in the account, `reconciler state rm {desired.key}` "
            "forgets that it was asked for",
        )
    return None


def kind_paths(kind: Kind) -> set[Path]:
    """Return the paths of a kind's fields."""
    return {(name,) for name in kind.fields}


def at_creation(kind: Kind, desired: Desired, lifecycle: Lifecycle) -> Leaves:
    """Return the leaves that the create carries."""
    leaves = {path: leaf for path, leaf in desired.leaves.items() if kind.fields[str(path[0])].when is not When.EDIT}
    updates = [child for child in desired.children if child.key.child[0] == UPDATE.noun]
    if STATUS in kind_paths(kind) and kind.keyed:
        start = _starting_status(desired, updates, lifecycle)
        severity = desired.creation.get(SEVERITY, _starting_severity(desired, updates))
        for path, leaf in ((STATUS, start), (SEVERITY, severity)):
            leaves.pop(path, None)
            leaves |= {path: leaf} if leaf else {}
        leaves = _without_late_timestamps(leaves, desired, updates, lifecycle)
    return leaves


def declared_with(pair: Pair) -> Leaves:
    """Return what something that exists began with, as far as that can be known: in triage, with no status."""
    carried = at_creation(pair.kind, pair.desired, pair.rules.lifecycle) | asked_for(pair)
    lost = {STATUS} if starts_in_triage(pair.live.raw) else set()
    return {path: leaf for path, leaf in carried.items() if path not in lost}


def asked_for(pair: Pair) -> Leaves:
    """Return what a create carried whose answer nobody noted; nothing where none was asked for."""
    pending = pair.rules.memory.pending.get(Step(Create.verb, pair.key))
    if pending is None or pending.idempotency_key != pair.rules.idempotency_key(pair.desired, pair.key):
        return {}
    return _as_sent(pending.sent, {}, pair.rules)


def _starting_status(desired: Desired, updates: Sequence[Child], lifecycle: Lifecycle) -> Leaf | None:
    if STATUS in desired.creation:
        return desired.creation[STATUS]
    if any(STATUS in child.leaves for child in updates):
        return lifecycle.first_live
    wanted = desired.leaves.get(STATUS, lifecycle.first_live)
    over = lifecycle.category(wanted) in {LEARNING, CLOSED}
    return lifecycle.first_live if over and updates else wanted


def _starting_severity(desired: Desired, updates: Sequence[Child]) -> Leaf | None:
    if "severity" in desired.manifest.spec:
        return desired.leaves.get(SEVERITY)
    return next((child.leaves[SEVERITY] for child in updates if SEVERITY in child.leaves), None)


def _without_late_timestamps(
    leaves: Leaves, desired: Desired, updates: Sequence[Child], lifecycle: Lifecycle
) -> Leaves:
    """Leave stated timestamps to the last edit where a move will set them: the server would overwrite them."""
    moves = [leaves.get(STATUS), desired.leaves.get(STATUS), *(child.leaves.get(STATUS) for child in updates)]
    if not any(lifecycle.category(leaf) in {LEARNING, CLOSED} for leaf in moves):
        return leaves
    return {path: leaf for path, leaf in leaves.items() if path[0] != "timestamps"}


def impossible(desired: Desired, start: Leaves, rules: Rules) -> Refusal | None:
    """Return why an incident cannot be declared like this: a type, a status, a move or a severity that is refused."""
    manifest, lifecycle = desired.manifest, rules.lifecycle
    incident_type = start.get(("type",), rules.default_type)
    visibility = start.get(("visibility",), Leaf.plain("public"))
    if incident_type and incident_type.value in rules.private_only and visibility.value == "public":
        return Refusal(
            Why.IMPOSSIBLE,
            desired.key,
            manifest.at("visibility"),
            f"incidents of type {incident_type.text} are private",
            "write `visibility: private`, or another type",
        )
    status = start.get(STATUS)
    if status and not lifecycle.may_create(status):
        at = manifest.at("declare_as", "status") if STATUS in desired.creation else manifest.at("status")
        return Refusal(
            Why.IMPOSSIBLE,
            desired.key,
            at,
            f"no incident can be declared as {status.text} ({lifecycle.category(status)})",
            "declare it in a live, post-incident or closed status; people bring it further in Slack",
        )
    if lifecycle.category(status) not in {LEARNING, CLOSED, ""} and SEVERITY not in start:
        return Refusal(
            Why.IMPOSSIBLE,
            desired.key,
            desired.source,
            "an active incident needs a severity",
            "give it a `severity:`",
        )
    return broken_move(desired, status, _moves(desired), lifecycle)


def _moves(desired: Desired) -> list[tuple[Leaf, Source]]:
    """Return the statuses that the updates, and the manifest after them, move through."""
    updates = [child for child in desired.children if child.key.child[0] == UPDATE.noun]
    moves = [(child.leaves[STATUS], child.source) for child in updates if STATUS in child.leaves]
    return [*moves, *((leaf, desired.manifest.at("status")) for leaf in [desired.leaves.get(STATUS)] if leaf)]


MOVES_THERE_ARE = "it moves within a category, from live to post-incident or closed, and from post-incident to closed"


def broken_move(
    desired: Desired, status: Leaf | None, moves: Sequence[tuple[Leaf, Source]], lifecycle: Lifecycle
) -> Refusal | None:
    """Return the first of some moves, from a status on, that the API does not have."""
    for wanted, source in moves:
        if status and not lifecycle.may_move(status, wanted):
            return Refusal(
                Why.IMPOSSIBLE,
                desired.key,
                source,
                f"the API does not move an incident from {status.text} ({lifecycle.category(status)}) "
                f"to {wanted.text} ({lifecycle.category(wanted)})",
                f"people must resume it first, or write `status: {status.text}`"
                if lifecycle.is_paused(status)
                else MOVES_THERE_ARE,
            )
        status = wanted
    return None


def _create(kind: Kind, desired: Desired, start: Leaves, rules: Rules) -> Create:
    key = rules.idempotency_key(desired, desired.key) if kind.keyed else ""
    body: dict[str, Any] = {"idempotency_key": key, "visibility": "public"} if kind.keyed else {}
    body |= kind.body(start)
    pending = rules.memory.pending.get(Step(Create.verb, desired.key))
    if pending and key and pending.idempotency_key == key:
        # An earlier run asked for it and never learned the answer: the same key goes with the same body.
        body, start = dict(pending.body), _as_sent(pending.sent, start, rules)
    return Create(
        key=desired.key,
        source=desired.source,
        name=desired.name,
        request=Request("POST", kind.path, body),
        sent=start,
        idempotency_key=key,
        unfinished=pending is not None and pending.idempotency_key == key,
        generation=generation(desired),
        on_remove=on_remove(desired),
        protect=protect(desired),
        not_these=tuple(map(str, desired.manifest.metadata.get("not", ()))),
    )


def _as_sent(sent: Any, start: Leaves, rules: Rules) -> Leaves:
    """Return the leaves that an earlier request carried, read as today's where they are the same."""
    values = {tuple(path.split("/")): value for path, value in sent.items()}
    same = {path: leaf for path, leaf in start.items() if values.get(_plain(path)) == leaf.value}
    others = {path: value for path, value in values.items() if path not in same}
    return {path: Leaf(value, rules.called(value), _label(path, rules)) for path, value in others.items()} | same


def _label(path: Path, rules: Rules) -> str:
    """Return what people call a part of a map, whose path has its ID."""
    return str(rules.called(path[1])) if len(path) > 1 else ""


def _plain(path: Path) -> tuple[str, ...]:
    return tuple(map(str, path))


def _post_all(desired: Desired, created: Create, owner: Ref, rules: Rules, diff: Diff) -> Leaves:
    """Add every update; return the status and severity that hold afterwards."""
    updates = [child for child in desired.children if child.key.child[0] == UPDATE.noun]
    stuck: tuple[Path, ...] = ()
    incident_type = created.sent.get(("type",), rules.default_type)
    if STATUS in created.sent and incident_type and incident_type.value in rules.always_triage:
        stuck = (STATUS,)
        wanted = desired.leaves.get(STATUS)
        if not wanted or rules.lifecycle.category(wanted) == LIVE:
            message = f"incidents of type {incident_type.text} start in triage: a person must accept it"
            diff.notices.append(Notice(Topic.TRIAGE, desired.key, message, desired.source))
    found = posting(updates, created.sent, {}, lambda _: Drift.OVERWRITE, stuck)
    for child, carried in found.posts:
        diff.add(post(desired, child, carried, owner, rules, diff.after))
    pass_over(found, "a person must accept the incident first", diff)
    after = {path: leaf for path, leaf in found.after.items() if path in MOVES}
    if stuck and (wanted := desired.leaves.get(STATUS)):
        # Only people accept it; what lies behind triage and live, the API can move it to.
        after[STATUS] = wanted if rules.lifecycle.category(wanted) == LIVE else Leaf(None)
    return after


def post(
    desired: Desired, child: Child, carried: Leaves, owner: Ref | str, rules: Rules, after: tuple[Step, ...]
) -> Post:
    """Return the step that posts an update.

    One that was asked for already goes as it was asked for, but for the moves that it must go without by now.
    """
    made = creation(UPDATE, desired, child, owner, rules, after)
    table: ChildKind = UPDATE
    held = child.leaves.keys() - carried.keys()
    sent = {path: leaf for path, leaf in made.sent.items() if path not in held} if made.unfinished else carried
    kept = {name: made.request.body[name] for name in (table.parent, "idempotency_key")}
    body = kept | encode(table.fields, sent)
    request = Request("POST", table.path, body)
    return Post(child.key, child.source, request, sent, made.idempotency_key, after=after, unfinished=made.unfinished)


def _close_gap(kind: Kind, desired: Desired, created: Create, after: Leaves, diff: Diff) -> None:
    """Add the edit that brings what the create could not carry, or what an unfinished one carried differently."""
    held = {**created.sent, **after}
    sent = {
        path: leaf
        for path, leaf in desired.leaves.items()
        if kind.fields[str(path[0])].when is not When.CREATE
        and not leaf.fixed
        and (path not in held or held[path].value != leaf.value)
        and not (leaf.value is None and path not in held)
    }
    if not sent:
        return
    path = kind.path + kind.edit_path.replace("{id}", in_path(Ref(desired.key)))
    body = kind.wrap(desired.manifest, kind.body(sent))
    fields = tuple(
        FieldChange(".".join(filter(None, (str(at[0]), leaf.label))), None, leaf.text, Cause.MANIFEST)
        for at, leaf in sent.items()
    )
    request = Request(kind.edit_method, path, body)
    diff.add(Edit(desired.key, desired.source, request, sent, fields, None, diff.after))
