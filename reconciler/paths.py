# ruff: noqa: PTH117
# Paths stay the texts that people typed.
"""A path -> how messages show it, what its name says, whether it lies in a folder. Opens nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STATE_FILE = "state.json"


def shown(path: str) -> str:
    """Return a path as messages show it: from the current folder where it lies below, else as it is."""
    relative = os.path.relpath(path)
    return path if os.path.isabs(path) and relative.startswith(os.pardir) else relative


def is_inside(path: str, root: str) -> bool:
    """Tell whether a path lies in the root; both have their links resolved."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def is_yaml(name: str) -> bool:
    """Tell whether a file is YAML by its name."""
    return name.lower().endswith((".yaml", ".yml"))


def beside(state: Path, name: str) -> Path:
    """Return where something of a state lies: beside it, named after it where others may have theirs there too."""
    return state.with_name(name if state.name == STATE_FILE else f"{state.name}.{name}")
