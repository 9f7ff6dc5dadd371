"""What the disk says, in words that help."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from reconciler.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk says into words; nothing is lost, as the journal has what was done."""
    try:
        yield
    except OSError as error:
        raise Refused(
            f"{path}: {error.strerror or error}",
            "make room or give the right to write there, then run again: nothing that was done is lost",
        ) from error
