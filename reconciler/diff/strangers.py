"""Updates and timeline items by API keys that match nothing declared: whether they may be ours, what to do. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.alike import is_alike
from reconciler.identity import parts
from reconciler.kinds.incident import TIMELINE
from reconciler.model import Path, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from reconciler.diff.pair import Pair
    from reconciler.model import Child, Live

AT: Path = ("at",)
TITLE: Path = ("title",)


def doubt(pair: Pair) -> Refusal | None:
    """Return why nothing more is posted: what may be ours stands in the timeline as nothing that is declared.

    The server may have rewritten our own words beyond recognition. None where state knows what was posted, and where
    other keys posted all that is strange: that is nobody's business here.
    """
    doubtful = _doubtful(pair)
    if not (doubtful and pair.is_unknown and pair.updates.open):
        return None
    if earlier := _misplaced(pair, doubtful):
        child, after = (f"`{one.key.child[1]}`" for one in earlier)
        return pair.refuse(
            Why.UNKNOWN,
            f"the updates were posted in another order than declared: {child} stands before {after} in the timeline",
            "put them in the order of the timeline; if it is another update with the same words, declare that as well",
            "updates",
        )
    return pair.refuse(
        Why.UNKNOWN,
        "the timeline holds updates by an API key that this manifest does not declare, so it cannot be told "
        "which of the declared ones were posted",
        "declare the updates as they stand in the timeline, then add new ones at the end",
        "updates",
    )


def doubt_items(pair: Pair) -> Refusal | None:
    """Return why no timeline item is made: one that may be ours reads as none that is declared, as people edited it.

    None where state knows which is which, and where all declared ones are there.
    """
    listed = pair.around.children.get(TIMELINE.noun) if pair.is_unknown else None
    if listed is None:
        return None
    declared = [child for child in pair.desired.children if child.key.child[0] == TIMELINE.noun]
    custom = [parts.live_of(TIMELINE, one) for one in listed if not one.get("activity_log_id")]
    found = parts.matched(TIMELINE, declared, custom, pair.rules.memory, pair.rules.children)
    strange = [one for one in custom if one not in found.values() and _may_be_our_item(pair, one)]
    waiting = [child for child in declared if child.key not in found]
    return _misread(pair, waiting, strange) if waiting and strange else None


def _may_be_our_item(pair: Pair, one: Live) -> bool:
    return one.id not in pair.rules.children and _is_by_our_key(pair, one.raw["creator"])


def _misread(pair: Pair, waiting: Sequence[Child], strange: Sequence[Live]) -> Refusal:
    """Return that it cannot be told whether an item was made: the likeliest pair is that of one moment."""
    pairs = [(child, one) for child in waiting for one in strange]
    child, one = next((each for each in pairs if each[0].leaves[AT].value == each[1].leaves[AT].value), pairs[0])
    name, at = child.key.child[1], one.leaves[AT].text
    title = f"`{one.leaves[TITLE].value}`, " if pair.live.raw.get("visibility") == "public" else ""
    refusal = pair.refuse(
        Why.UNKNOWN,
        f"the timeline holds an item by an API key that this manifest does not declare ({title}{at}), so it cannot be "
        f"told whether `{name}` was made",
        f"if that is `{name}`, write it as it stands there; if it is another one, declare it as well",
    )
    return replace(refusal, source=child.source)


def is_undeclared(pair: Pair) -> bool:
    """Return whether the timeline holds what may be ours, and says what no declared update says."""
    told = [leaf.value for one in pair.updates.declared if (leaf := one.leaves.get(("message",)))]
    return any(not any(is_alike(text, one["message"]) for text in told) for one in _doubtful(pair))


def _doubtful(pair: Pair) -> list[Mapping[str, Any]]:
    return [one for one in pair.updates.strangers if _may_be_ours(pair, one)]


def _may_be_ours(pair: Pair, one: Mapping[str, Any]) -> bool:
    """Return whether a key posted it that runs now, that created the incident, or that posted one of ours.

    The API tells of the key that runs its name alone.
    """
    return _is_by_our_key(pair, one["updater"])


def _is_by_our_key(pair: Pair, maker: Mapping[str, Any]) -> bool:
    key = maker.get("api_key")
    return key is not None and (key["name"] == pair.rules.key_name or key["id"] in _our_keys(pair))


def _our_keys(pair: Pair) -> set[str]:
    updates = pair.updates
    ours = {*pair.rules.children, *updates.known.values(), *(identifier for identifier, _ in updates.posted.values())}
    makers = [one["updater"] for one in pair.around.updates or () if one["id"] in ours]
    return {maker["api_key"]["id"] for maker in (pair.live.raw["creator"], *makers) if "api_key" in maker}


def _misplaced(pair: Pair, strangers: list[Mapping[str, Any]]) -> tuple[Child, Child] | None:
    """Return an open update that stands in the timeline before one that it is declared after, and that one."""
    updates = pair.updates
    places = {one["id"]: at for at, one in enumerate(pair.around.updates or ())}
    told = {key: places.get(identifier, -1) for key, identifier in updates.known.items()}
    told |= {key: places.get(identifier, -1) for key, (identifier, _) in updates.posted.items()}
    for number, child in enumerate(updates.declared):
        message = child.leaves.get(("message",))
        if message is None or child not in updates.open:
            continue
        found = (places[one["id"]] for one in strangers if is_alike(message.value, one["message"]))
        at = next(found, None)
        if at is None:
            continue
        after = next((one for one in updates.declared[:number] if told.get(one.key, -1) > at), None)
        if after:
            return child, after
    return None
