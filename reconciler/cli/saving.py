"""A text in, a file of it out: whole or not at all, for its owner alone."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import Refused
from reconciler.state import disk

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def require_replaceable(name: str, what: str, is_own: Callable[[str], bool]) -> None:
    """Raise `Refused` where a file would be lost that is none of ours: a manifest, somebody's notes.

    `is_own` tells from its text whether it is, `what` is what we call such a file.
    """
    path = Path(name)
    try:
        # What is no plain file is told as such where it is written; an empty one holds nothing to lose.
        if not path.is_file() or not path.stat().st_size or is_own(path.read_text(encoding="utf-8")):
            return
        told = f"this is no {what}"
    except UnicodeDecodeError:
        told = f"this is no {what}"
    except OSError as error:
        told = f"this cannot be read, so it may be no {what}: {(error.strerror or str(error)).lower()}"
    raise Refused(f"{name}: {told}, and would be lost", "name another file behind --out, or move this one away")


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
