"""A terminal that a command runs on, as a person sits at it: what the screen shows, and keys."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyte

from tests.cli.shell import COMMAND, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.shell import Shell

ALTERNATE_ON, ALTERNATE_OFF = b"\x1b[?1049h", b"\x1b[?1049l"


@dataclass
class Terminal:
    """A terminal of some columns and rows, and the process on it."""

    process: subprocess.Popen[bytes]
    ours: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    raw: bytes = b""
    settings: list[object] = field(default_factory=list)
    """What the terminal was set to before."""

    @property
    def text(self) -> str:
        """Return what stands on the screen."""
        return "\n".join(row.rstrip() for row in self.screen.display)

    @property
    def scrolled(self) -> str:
        """Return everything that was ever written, without what steers the terminal."""
        return self.raw.decode(errors="replace")

    def wait_for(self, *words: str, seconds: float = PATIENCE) -> str:
        """Wait until all these words stand on the screen, and return what does."""
        return self.until(lambda: all(one in self.text for one in words), seconds, " / ".join(words))

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE, what: str = "") -> str:
        """Wait until something holds, drawing what comes meanwhile."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"never: {what}\n{self.text}"
            if not self.draw(0.1) and self.process.poll() is not None:
                assert holds(), f"ended with {self.process.returncode}, never: {what}\n{self.text}"
        return self.text

    def draw(self, seconds: float) -> bool:
        """Take what the process writes, for so long at the most; return whether there was anything."""
        ready, _, _ = select.select([self.ours], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self.ours, 65_536)
        except OSError:  # Linux's word for a terminal that the other side has left
            return False
        self.raw += piece
        self.stream.feed(piece)
        return bool(piece)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.ours, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal larger or smaller."""
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        self.screen.reset()

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self.ours)
        self.ours = -1

    def end(self) -> int:
        """Wait for the end of the process, and return its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text
            if self.ours >= 0:
                self.draw(0.05)
            else:
                time.sleep(0.05)
        while self.ours >= 0 and self.draw(0.0):
            pass
        return self.process.returncode

    @property
    def is_as_before(self) -> bool:
        """Tell whether the terminal is set to what it was, and shows what it showed, its cursor included."""
        shown = self.raw.count(ALTERNATE_ON) == self.raw.count(ALTERNATE_OFF)
        cursor = self.raw.rfind(b"\x1b[?25h") >= self.raw.rfind(b"\x1b[?25l")
        return shown and cursor and termios.tcgetattr(self.ours) == self.settings


@contextmanager
def terminal(shell: Shell, *arguments: str, columns: int = 80, rows: int = 24, **environ: str) -> Iterator[Terminal]:
    """Run a command on a terminal of its own, which it is in the foreground of."""
    ours, theirs = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    before = termios.tcgetattr(ours)
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=shell.folder,
        env=shell._env() | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  (nothing else runs here)
    )
    screen = pyte.Screen(columns, rows)
    at = Terminal(process, ours, screen, pyte.ByteStream(screen), settings=before)
    try:
        yield at
    finally:
        os.close(theirs)
        if process.poll() is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        if at.ours >= 0:
            os.close(at.ours)
