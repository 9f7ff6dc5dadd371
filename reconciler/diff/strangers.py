"""Updates by API keys that match nothing declared: whether they may be ours all the same, and what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.alike import is_alike
from reconciler.model import Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reconciler.diff.pair import Pair
    from reconciler.model import Child


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
    key = one["updater"]["api_key"]
    return key["name"] == pair.rules.key_name or key["id"] in _our_keys(pair)


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
