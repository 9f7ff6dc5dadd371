"""A stream and secrets in, a stream that shows none of them out; and one whose lines are objects of JSON."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class _Around:
    """A text stream that does something with what is written to it, and is the other one in all else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Take a text; returns how many characters of it were taken, which is all of them."""
        raise NotImplementedError

    def writelines(self, texts: Iterable[str]) -> None:
        """Take several texts as one: what is split between them is seen as well."""
        self.write("".join(texts))

    def __getattr__(self, name: str) -> Any:
        # Whoever writes bytes would go around what this is for.
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self._stream, name)


class _Hiding(_Around):
    def __init__(self, stream: TextIO, hide: Callable[[str], str]) -> None:
        super().__init__(stream)
        self._hide = hide

    def write(self, text: str) -> int:
        self._stream.write(self._hide(text))
        return len(text)


class _Lines(_Around):
    """Gathers what is written until a line is whole, from several threads, and hands each line on."""

    def __init__(self, stream: TextIO, take: Callable[[str], None]) -> None:
        super().__init__(stream)
        self._take, self._part, self._lock = take, "", threading.RLock()

    def isatty(self) -> bool:
        """Say no: nothing that is drawn belongs here."""
        return False

    def write(self, text: str) -> int:
        with self._lock:
            *lines, self._part = (self._part + text).split("\n")
            for line in lines:
                self._take(line)
        return len(text)

    def close_line(self) -> None:
        """Hand on what was begun and never ended."""
        with self._lock:
            if self._part:
                self.write("\n")


def hiding(stream: TextIO, hide: Callable[[str], str]) -> TextIO:
    """Return a stream to which nothing is written that `hide` takes out."""
    return cast("TextIO", _Hiding(stream, hide))


def by_line(stream: TextIO, take: Callable[[str], None]) -> TextIO:
    """Return a stream that hands each of its lines to `take` instead of showing it."""
    return cast("TextIO", _Lines(stream, take))


def settle(stream: TextIO) -> None:
    """Flush a stream; one that nobody reads goes nowhere, so that the interpreter does not complain at its end."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def unheard() -> Iterator[None]:
    """Go on where whoever read the output went away, as `| head` does: what is under way does not hang on it."""
    try:
        yield
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            settle(stream)
