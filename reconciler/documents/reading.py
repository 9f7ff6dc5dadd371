"""A file, or its bytes -> text in UTF-8 that is not too large. Pure, but for `contents`, which opens a file."""

from __future__ import annotations

import os
import stat

from reconciler.documents.places import end_of
from reconciler.errors import Invalid, Problem
from reconciler.model import Source

MAX_BYTES = 10_000_000
"""Size of a file; a larger one is refused unread."""


def contents(path: str, shown: str) -> bytes:
    """Return what a file holds; raises `Invalid` for one that cannot be read or is too large (and is not read)."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            raise Invalid([Problem(Source(shown), "this is no file", "take it out, or put a file in its place")])
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (a third of the time of Path.open)
            if os.fstat(stream.fileno()).st_size > MAX_BYTES:
                raise Invalid([_too_large(shown)])
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        told = (error.strerror or "unreadable").lower()
        raise Invalid([Problem(Source(shown), f"the file cannot be read: {told}")]) from None


def decoded(text: str | bytes, file: str) -> str:
    """Return the text of UTF-8 without a byte order mark; raises `Invalid` at the first byte that is none."""
    if len(text) > MAX_BYTES:
        raise Invalid([_too_large(file)])
    if isinstance(text, bytes):
        text = _from_utf8(text, file)
    if text.startswith("\ufeff"):
        hint = "save it as UTF-8 without one"
        raise Invalid([Problem(Source(file), "the file begins with a byte order mark", hint)])
    return text


def _from_utf8(text: bytes, file: str) -> str:
    """Return the text of UTF-8; raises `Invalid` at the first byte that is none."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid([Problem(Source(file), "the file is UTF-16, not UTF-8", "save it as UTF-8")])
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        place = end_of(text[: error.start].decode(), file)
        told = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise Invalid([Problem(place, told, "save the file as UTF-8")]) from None


def _too_large(file: str) -> Problem:
    """Return what a file gets that is no manifest by its size alone."""
    told = f"the file is larger than {MAX_BYTES // 1_000_000} MB and was not read"
    return Problem(Source(file), told, "split it into several files")
