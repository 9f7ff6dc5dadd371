"""Updates: which of the declared ones were posted, and what posting the others does to status and severity. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from reconciler.alike import is_alike
from reconciler.identity.generations import SKEW
from reconciler.kinds.incident import UPDATE
from reconciler.kinds.spec import Drift, observe
from reconciler.lifecycle import TRIAGE
from reconciler.model import Child, Leaf, Leaves, Notice, Observation, Path, Post, Step, Topic
from reconciler.state.memory import MOVES as STEERED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.diff.rules import Diff
    from reconciler.model import Desired, Key
    from reconciler.state import Intent, Memory

MOVES: tuple[Path, ...] = tuple((name,) for name in STEERED)
"""What an update may change besides saying something."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The `declared` updates of an incident: those that state knows, with their IDs, and those found in the timeline.

    `posted` tells the IDs of what state does not know, and what they hold (an ID is empty where an update must have
    been posted because a later one was, and cannot be told apart). `strangers` are messages by API keys that no
    manifest declares, oldest first.
    """

    declared: Sequence[Child]
    known: Mapping[Key, str]
    posted: Mapping[Key, tuple[str, Leaves]]
    strangers: Sequence[Mapping[str, Any]] = ()

    @property
    def open(self) -> list[Child]:
        """Return those that are not posted yet, as far as anybody knows."""
        return [one for one in self.declared if one.key not in self.known and one.key not in self.posted]


def recognised(
    desired: Desired, memory: Memory, live: Sequence[Mapping[str, Any]], recorded: Collection[str]
) -> Recognised:
    """Match declared updates that state does not know with those by API keys, in order, oldest first.

    `recorded` are those (IDs) that state knows as some update: as which one, is settled, be it declared still or not.
    They are matched by message, also where the server has rewritten it, without one by what they moved.
    """
    declared = [child for child in desired.children if child.key.child[0] == UPDATE.noun]
    known = {child.key: record.id for child in declared if (record := memory.record(child.key)) is not None}
    ours = [one for one in live if "api_key" in one["updater"] and one["id"] not in recorded]
    observed = [(one, _observed(one)) for one in ours]
    posted: dict[Key, tuple[str, Leaves]] = {}
    waiting: list[Key] = []
    matched: set[str] = set()
    begin = 0
    wanted = [one for one in declared if one.key not in known]
    places = {one["id"]: at for at, one in enumerate(live)}
    behind = _behind(declared, known, places)
    for number, child in enumerate(wanted):
        # An earlier one of the same words, whose own update says something else by now, is not this one.
        begin = next((at for at in range(begin, len(ours)) if places[ours[at]["id"]] > behind[child.key]), len(ours))
        # What has no message is not looked for behind words that were declared after it: an edit may have moved it.
        end = len(observed) if ("message",) in child.leaves else _next_words(wanted[number + 1 :], observed, begin)
        index = next((at for at in range(begin, end) if _is_it(child.leaves, observed[at][1])), None)
        if index is None or (known and ("message",) not in child.leaves and _has_words(waiting, wanted)):
            # Where the record is there, an edit that moved the same is no reason to leave words unsaid.
            waiting.append(child.key)
            continue
        # Where it was asked for by what is remembered, so was all that was posted before it.
        told = memory.record(desired.key) is not None and asked_for(memory, child.key) is not None
        posted |= {key: ("", {}) for key in waiting if not told or asked_for(memory, key) is not None}
        waiting.clear()
        posted[child.key] = (observed[index][0]["id"], observed[index][1])
        matched.add(observed[index][0]["id"])
        begin = index + 1
    posted |= _in_another_order(wanted, posted, observed, matched)
    strangers = tuple(one for one in ours if one.get("message") and one["id"] not in matched)
    return Recognised(declared, known, posted, strangers)


def asked_for(memory: Memory, key: Key) -> Intent | None:
    """Return the request for an update that an earlier run never learned the answer to."""
    return memory.pending.get(Step(Post.verb, key))


def _in_another_order(
    wanted: Iterable[Child],
    posted: Mapping[Key, tuple[str, Leaves]],
    observed: Iterable[tuple[Mapping[str, Any], Leaves]],
    matched: set[str],
) -> dict[Key, tuple[str, Leaves]]:
    """Return which updates those are that count as posted, and stand elsewhere in the timeline than declared."""
    found: dict[Key, tuple[str, Leaves]] = {}
    for child in wanted:
        if posted.get(child.key) != ("", {}) or ("message",) not in child.leaves:
            continue
        it = (one["id"] for one, leaves in observed if one["id"] not in matched and _is_it(child.leaves, leaves))
        if identifier := next(it, ""):
            matched.add(identifier)
            found[child.key] = identifier, {}
    return found


def _behind(declared: Sequence[Child], known: Mapping[Key, str], places: Mapping[str, int]) -> dict[Key, int]:
    """Return for each update where the last of those stands that state knows and that are declared before it."""
    behind, last = {}, -1
    for child in declared:
        last = max(last, places.get(known.get(child.key, ""), -1))
        behind[child.key] = last
    return behind


def _observed(one: Mapping[str, Any]) -> Leaves:
    """Return what an update holds, without a status in triage: there none is moved, whatever was declared."""
    in_triage = _is_in_triage(one)
    return {path: leaf for path, leaf in observe(UPDATE.fields, one).items() if not (in_triage and path == ("status",))}


def _is_in_triage(one: Mapping[str, Any]) -> bool:
    return (one.get("new_incident_status") or {}).get("category") == TRIAGE


def _has_words(waiting: Collection[Key], declared: Iterable[Child]) -> bool:
    return any(child.key in waiting and ("message",) in child.leaves for child in declared)


def _next_words(later: Sequence[Child], observed: Sequence[tuple[Mapping[str, Any], Leaves]], begin: int) -> int:
    """Return where the first message of the later updates stands; the end where none of them does."""
    told = [child.leaves for child in later if ("message",) in child.leaves]
    found = (at for at in range(begin, len(observed)) if any(_is_it(leaves, observed[at][1]) for leaves in told))
    return next(found, len(observed))


def _is_it(declared: Leaves, live: Leaves) -> bool:
    if ("message",) in declared:
        return is_alike(declared[("message",)].value, live[("message",)].value or None)
    moves = {path: leaf for path, leaf in declared.items() if path in live}
    return (
        not live[("message",)].value and bool(moves) and all(live[at].value == leaf.value for at, leaf in moves.items())
    )


def moved_by_people(live: Sequence[Mapping[str, Any]], begun: Leaves) -> dict[Path, int]:
    """Return which of status and severity no API key has moved last, with the place of that move; oldest first.

    `begun` is what the incident began with, as far as known: an update tells that too where it moves nothing. Nobody
    has moved what is in triage; whoever accepts it chooses its first status.
    """
    values = {path: begun[path].value for path in MOVES if path in begun}
    people: dict[Path, int] = {}
    for at, one in enumerate(live):
        now = {path: leaf.value for path, leaf in _observed(one).items() if path in MOVES and leaf.value is not None}
        if _is_in_triage(one):
            values.pop(("status",), None)
            people.pop(("status",), None)
        is_peoples = "api_key" not in one["updater"]
        moved = {path for path, value in now.items() if value != values.get(path)}
        if is_peoples and not (moved or one.get("message")):
            # Without words there is nothing but a move: it began elsewhere than was thought.
            moved = set(now)
        values |= now
        others = {path: place for path, place in people.items() if path not in moved}
        people = others | dict.fromkeys(moved, at) if is_peoples else others
    return people


def has_moved(one: Mapping[str, Any], path: Path, begun: Intent) -> bool:
    """Return whether an update is the trace of what an edit was begun to move: by an API key, without words, since."""
    since = begun.time - (1.0 if begun.is_servers else SKEW)
    is_since = datetime.fromisoformat(one["created_at"]).timestamp() >= since
    if not is_since or "api_key" not in one["updater"] or one.get("message"):
        return False
    moved = _observed(one).get(path)
    return moved is not None and moved.value == begun.sent[str(path[0])]


PASSED_OVER = "passed over"
"""How an update came to be recorded that is never posted: all it said was a move that others overtook."""


def pass_over(posting: Posting, why: str, diff: Diff) -> None:
    """Tell which updates have nothing left to say.

    They are not posted later either where others are posted now, or where people moved the incident to the very same.
    """
    gave_way = {child.key for child, _ in posting.kept}
    for child in posting.unsaid:
        diff.notices.append(_overtaken(child, why))
        if posting.posts or child.key not in gave_way:
            diff.observed[child.key] = Observation("", PASSED_OVER, {}, {})


def tell_passed_over(declared: Iterable[Child], memory: Memory, diff: Diff) -> None:
    """Tell again which updates were passed over."""
    for child in declared:
        record = memory.record(child.key)
        if record is not None and record.how == PASSED_OVER:
            diff.notices.append(_overtaken(child, "people moved the incident"))


def _overtaken(child: Child, why: str) -> Notice:
    message = f"update `{child.key.child[1]}` is not posted: it has no message, and {why}"
    hint = "to move the incident all the same, add an update with another `id`"
    return Notice(Topic.KEPT, child.key, message, child.source, hint)


@dataclass(frozen=True, slots=True)
class Posting:
    """What is left to post: each update with the leaves it will carry, and what holds afterwards.

    `kept` are moves that are left out because people moved the incident elsewhere; `unsaid` updates of which
    nothing is left then; `refused` moves that the policy forbids to decide.
    """

    posts: tuple[tuple[Child, Leaves], ...]
    after: Leaves
    kept: tuple[tuple[Child, Path], ...] = ()
    unsaid: tuple[Child, ...] = ()
    refused: tuple[tuple[Child, Path], ...] = ()

    def kept_by(self, child: Child) -> dict[Path, Leaf]:
        """Return the moves that an update goes without: of those passed over right after it, the last one's.

        No answer tells of these, and what the update is noted with is what the manifest is compared with next.
        """
        found: dict[Path, Leaf] = {}
        for path in (at for one, at in self.kept if one is child):
            without = [one for one, at in self.kept if at == path]
            found[path] = child.leaves[path]
            for one in takewhile(self.unsaid.__contains__, without[without.index(child) + 1 :]):
                found[path] = one.leaves[path]
        return found


def posting(
    waiting: Sequence[Child],
    live: Leaves,
    left: Mapping[Path, Any],
    policy: Callable[[str], Drift],
    stuck: Collection[Path] = (),
    held: Collection[tuple[Key, Path]] = (),
) -> Posting:
    """Decide what each waiting update carries.

    `live` is what holds now, `left` the values that the steps before left (a path not in it was left as it is);
    a move is sent when the two agree. `stuck` are moves that cannot be made at all, `held` those that gave way to what
    is live when an earlier run began.
    """
    moved = {path for path in MOVES if path in left and left[path] != live.get(path, Leaf(None)).value}
    after = dict(live)
    posts, kept, unsaid, refused = [], [], [], []
    for child in waiting:
        carried = dict(child.leaves)
        for path in MOVES:
            if path not in carried:
                continue
            is_free = path not in moved and (child.key, path) not in held
            if path not in stuck and (is_free or policy(str(path[0])) is Drift.OVERWRITE):
                after[path] = carried[path]
            elif carried.pop(path).value == live.get(path, Leaf(None)).value:
                continue
            elif path not in stuck and policy(str(path[0])) is Drift.FAIL:
                refused.append((child, path))
            else:
                kept.append((child, path))
        if carried:
            posts.append((child, carried))
        else:
            unsaid.append(child)
    return Posting(tuple(posts), after, tuple(kept), tuple(unsaid), tuple(refused))
