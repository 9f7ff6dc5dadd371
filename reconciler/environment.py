"""The variables of this process; the only reader of `os.environ`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def variables() -> Mapping[str, str]:
    """Return what the environment holds."""
    return os.environ
