"""An answer to a write in, the object that it made or changed out. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler.errors import AnswerLost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Answer

MARGIN = 0.5
"""Seconds by which an object must be older than its request to be an earlier one's."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request made or changed: the object, and the facts that an outcome tells."""

    raw: Mapping[str, Any]
    request_id: str = ""
    is_older: bool | None = False
    """Whether an earlier request made it; None where no date tells."""


def answered(answer: Answer, envelope: str, seconds: float = math.inf) -> Answered:
    """Take the object out of its envelope; `seconds` is how long the request took.

    Raises `AnswerLost` where the answer has none.
    """
    raw = answer.body.get(envelope)
    if not isinstance(raw, dict) or "id" not in raw:
        raise AnswerLost("POST", envelope, "the answer holds no object", request_id=answer.request_id)
    return Answered(raw, answer.request_id, _is_older(raw, answer.at, seconds))


def _is_older(raw: Mapping[str, Any], at: datetime | None, seconds: float) -> bool | None:
    """Return whether an object was made before the request that is answered with it, by the server's own clock."""
    if at is None:
        return None
    try:
        age = at - datetime.fromisoformat(raw["created_at"])
    except (KeyError, TypeError, ValueError):
        return False
    return age.total_seconds() > seconds + MARGIN
