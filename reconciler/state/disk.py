"""What the disk says, in words that help."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk says into words; nothing is lost, as the journal has what was done."""
    try:
        yield
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}", _way_on(path, error)) from error


def _way_on(path: Path, error: OSError) -> str:
    """Return what to do about it: no room is made where something else stands in the way."""
    if isinstance(error, IsADirectoryError):
        return "it is a folder, and a file belongs there: move it away, or name another file"
    if isinstance(error, (NotADirectoryError, FileExistsError)):
        file = next((one for one in (path, *path.parents) if one.exists()), path)
        return f"{file} is a file, and a folder belongs there: move it away, or name another place"
    return "make room or give the right to write there, then run again: nothing that was done is lost"


def read(path: Path) -> bytes | None:
    """Return what a file holds; None where there is none. Raises `Refused` where it cannot be read."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        if stat.S_ISREG(path.stat().st_mode) or path.is_dir():
            return path.read_bytes()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise Refused(f"{path}: {error.strerror or error}", "give the right to read it, then run again") from error
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}", _way_on(path, error)) from error
    raise Refused(f"{path}: it is a device or a pipe, and a file belongs there", "move it away, or name another file")


def replace(path: Path, text: bytes) -> None:
    """Write a file whole or not at all; it is for its owner alone, since it tells of private incidents.

    Where a link stands, what it leads to is written.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sweep(path: Path) -> None:
    """Remove what runs that were killed in the middle of `replace` left beside a file; for whoever holds its lock."""
    path = path.resolve()
    for left in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(OSError):
            left.unlink()
