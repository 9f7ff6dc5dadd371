"""A text in, a file of it out: whole or not at all, for its owner alone."""

from __future__ import annotations

import errno
from pathlib import Path

from reconciler.errors import Refused
from reconciler.state import disk

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def save(text: str, name: str, what: str) -> None:
    """Write a file; raises `Refused`, which says `what` cannot be saved, where the disk says no."""
    path = Path(name)
    try:
        _require_place(path)
        # What JSON takes for half a character, UTF-8 does not.
        disk.replace(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        hint = "make room, or name another file" if error.errno in FULL else "name a file where you may write one"
        raise Refused(f"{name}: the {what} cannot be saved: {told}", hint) from None


def _require_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is a device or a pipe, and a file would take its place")
