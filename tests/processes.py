"""Real processes for tests and benchmarks: the command as a user runs it, and a sandbox served on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
RECONCILER = [sys.executable, "-m", "reconciler"]


def environment() -> dict[str, str]:
    """Return the environment of a user's process: the tree under test on its path, the sandbox's key."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "INCIDENT_API_KEY": "sandbox"}


@contextmanager
def serving(folder: Path, *flags: str) -> Iterator[str]:
    """Serve a sandbox on a free port of this machine, and stop it; its data is `data.db` in the folder."""
    command = [*RECONCILER, "sandbox", "serve", "--port", "0", "--data", str(folder / "data.db"), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.send_signal(signal.SIGTERM)
