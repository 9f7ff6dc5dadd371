"""The text of a state: a state in, bytes out, and back. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.state.record import UNREADABLE, State

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_of(value: Mapping[str, Any]) -> bytes:
    """Return the text of a state's JSON."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def value_of(text: bytes, name: str) -> Any:
    """Return the JSON of a text; `name` is what messages call it. Raises `Refused` where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{name}: not JSON", UNREADABLE) from None


def state_of(text: bytes | None, name: str, workspace: str) -> State:
    """Return the state of a text, an empty one of none; raises `Refused` where it is not this workspace's."""
    if text is None:
        return State(workspace=workspace)
    state = State.from_json(value_of(text, name), name)
    if state.workspace != workspace:
        raise Refused(
            f"{name}: belongs to workspace `{state.workspace}`, not to `{workspace}`",
            "put the old name back, or write it as `namespace:` in reconciler.yaml",
        )
    return state
