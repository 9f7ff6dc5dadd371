"""Commands as people type them: real processes in a folder of their own, in a pipe or on a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests import zygote
from tests.contract.watch import VARIABLE
from tests.world import ACME

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from reconciler.cli import main; main()"]
PATIENCE = 30.0
"""Seconds after which a process that says nothing is taken for stuck."""
INTERPRETERS = ("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONPATH", "PATH", "HOME", "LANG")
"""What an interpreter reads as it starts: a process that is forked has read it already."""

WORKSPACE = ACME % "manifests: [incidents]"
INCIDENT = """\
apiVersion: reconciler/v1
kind: Incident
metadata: {name: NAME, labels: {team: payments}}
spec:
  name: Title of NAME
  mode: test
  severity: Minor
  updates:
    - {id: first-notice, message: We are looking into it.}
    - {id: cause-found, message: A bad deploy., status: Fixing}
"""


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str = ""


@dataclass
class Shell:
    """A folder, and an environment without anything of the machine's that would change a test."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def workspace(self, *names: str) -> None:
        """Write a workspace with one incident for each name."""
        self.write("reconciler.yaml", WORKSPACE)
        (self.folder / "incidents").mkdir(exist_ok=True)
        for name in names:
            self.write(f"incidents/{name}.yaml", INCIDENT.replace("NAME", name))

    def run(
        self,
        *arguments: str,
        stdout: int | None = None,
        stdin: int | None = subprocess.DEVNULL,
        is_fresh: bool = False,
    ) -> Ended:
        """Run a command, without a terminal, and wait for its end; where the interpreter matters, a fresh one."""
        environ = self._env()
        is_fresh = is_fresh or any(name in self.environ for name in INTERPRETERS)
        if stdout is None and stdin == subprocess.DEVNULL and not is_fresh:
            with Path(os.devnull).open("rb") as nothing:
                return Ended(*zygote.ended(arguments, self.folder, environ, nothing.fileno(), PATIENCE))
        ended = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=environ,
            stdin=stdin,
            stdout=subprocess.PIPE if stdout is None else stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout or "", ended.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command, and do not wait for it."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self._env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def served(self, *flags: str) -> Iterator[str]:
        """Serve a sandbox on a free port while it is needed, and give its URL."""
        process = self.start("sandbox", "serve", "--port", "0", *flags)
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("sandbox: ").strip()
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)

    def type(self, *arguments: str, prompt: str, answer: bytes | signal.Signals) -> Ended:
        """Run a command on a terminal of 80 columns, and answer when it asks; `stdout` is all that stood there."""
        ours, theirs = pty.openpty()
        environ = self._env() | {"COLUMNS": "80", "TERM": "xterm"}
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        seen = ""
        try:
            seen = _read(ours, until=prompt)
            if isinstance(answer, signal.Signals):
                process.send_signal(answer)
            else:
                os.write(ours, answer)
            seen += _read(ours)
        finally:
            os.close(ours)
        return Ended(process.wait(PATIENCE), seen.replace("\r\n", "\n"))

    def _env(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", VARIABLE) if name in os.environ}
        return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | self.environ


def _read(terminal: int, until: str = "") -> str:
    """Return what a terminal shows up to some words, or to the end."""
    seen, end = b"", time.monotonic() + PATIENCE
    while not (until and until.encode() in seen):
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, seen.decode()
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux's word for a terminal that the other side has left
            break
        if not piece:
            break
        seen += piece
    return seen.decode()
