"""The text of a state: a state in, bytes out, and back. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.garbage import uncollected
from reconciler.state.record import UNREADABLE, State, require_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping


# Python indents in Python, and takes four times as long; a line for each resource is quick, and good to look through.
_compact = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


@uncollected()
def text_of(value: Mapping[str, Any]) -> bytes:
    """Return the text of a state's JSON: a line for each of its parts, and one for each resource."""
    parts = (f"{_compact(name)}: {_lines(part)}" for name, part in value.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _lines(part: Any) -> str:
    if not isinstance(part, dict) or not part:
        return _compact(part)
    return "{\n" + ",\n".join(f" {_compact(name)}: {_compact(value)}" for name, value in part.items()) + "\n}"


@uncollected()
def value_of(text: bytes, name: str, hint: str = UNREADABLE) -> Any:
    """Return the JSON of a text; `name` is what messages call it. Raises `Refused` with a hint where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"{name}: not JSON", hint) from None


def state_of(text: bytes | None, name: str, workspace: str) -> State:
    """Return the state of a text, an empty one of none; raises `Refused` where it is not this workspace's."""
    return State(workspace=workspace) if text is None else state_in(value_of(text, name), name, workspace)


def state_in(value: Any, name: str, workspace: str) -> State:
    """Return the state of a text's JSON; raises as `state_of` does."""
    state = State.from_json(value, name)
    require_workspace(state.workspace, workspace, name)
    return state
