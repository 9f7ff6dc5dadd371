"""Updates by API keys that match nothing declared: whether they may be ours all the same, and what to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reconciler.diff.pair import Pair


def doubt(pair: Pair) -> Refusal | None:
    """Return why nothing more is posted: what may be ours stands in the timeline as nothing that is declared.

    The server may have rewritten our own words beyond recognition. None where state knows what was posted, and where
    other keys posted all that is strange: that is nobody's business here.
    """
    doubtful = [one for one in pair.updates.strangers if _may_be_ours(pair, one)]
    if not (doubtful and pair.is_unknown and pair.updates.open):
        return None
    return pair.refuse(
        Why.UNKNOWN,
        "the timeline holds updates by an API key that this manifest does not declare, so it cannot be told "
        "which of the declared ones were posted",
        "declare the updates as they stand in the timeline, then add new ones at the end",
        "updates",
    )


def _may_be_ours(pair: Pair, one: Mapping[str, Any]) -> bool:
    """Return whether a key posted it that runs now, that created the incident, or that posted one of ours.

    The API tells of the key that runs its name alone.
    """
    key = one["updater"]["api_key"]
    return key["name"] == pair.rules.key_name or key["id"] in _our_keys(pair)


def _our_keys(pair: Pair) -> set[str]:
    updates = pair.updates
    ours = {*pair.rules.posted, *updates.known.values(), *(identifier for identifier, _ in updates.posted.values())}
    makers = [one["updater"] for one in pair.around.updates or () if one["id"] in ours]
    return {maker["api_key"]["id"] for maker in (pair.live.raw["creator"], *makers) if "api_key" in maker}
