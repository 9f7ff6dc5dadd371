"""The variables of this process; the only door to `os.environ`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def variables() -> Mapping[str, str]:
    """Return what the environment holds."""
    return os.environ


def drop_empty(names: Iterable[str]) -> None:
    """Take variables away that hold nothing, as CI leaves those that nobody has set: libraries read them too."""
    for name in names:
        if not os.environ.get(name, "set").strip():
            del os.environ[name]
