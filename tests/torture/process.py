"""One command as a real process: forked from here, which has imported everything, or as a fresh interpreter."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tests.torture.account import CANARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120
"""Seconds of CPU that a command may take."""
LONGEST = 300.0
"""Seconds after which a command is taken to hang."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, or minus the signal; what it said."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Command:
    """A command under way; it begins when it is told to."""

    arguments: tuple[str, ...]
    pid: int
    go: int
    texts: tuple[Path, Path]

    def begin(self) -> None:
        """Let it begin."""
        if self.go >= 0:
            os.close(self.go)

    def wait(self) -> Ended:
        """Wait for its end; raises `TimeoutError` where it does not come."""
        ends = os.pidfd_open(self.pid)
        try:
            is_over = bool(select.select([ends], [], [], LONGEST)[0])
        finally:
            os.close(ends)
        if not is_over:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        if not is_over:
            raise TimeoutError(f"it hangs: {' '.join(self.arguments)}")
        out, err = (path.read_text(encoding="utf-8", errors="replace") for path in self.texts)
        return Ended(self.arguments, os.waitstatus_to_exitcode(status), out, err)


def start(
    arguments: Sequence[str], folder: Path, texts: Path, environ: Mapping[str, str], *, is_fresh: bool = False
) -> Command:
    """Start `reconciler` in a folder; what it says goes to `texts`.out and `texts`.err.

    `environ` are variables besides those that every command has.
    """
    out, err = texts.with_suffix(".out"), texts.with_suffix(".err")
    environ = _environment() | {**environ}
    if is_fresh:
        return _fresh(tuple(arguments), folder, out, err, environ)
    reading, go = os.pipe()
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)]
    pid = os.fork()
    if pid == 0:
        os.close(go)
        _be(arguments, folder, reading, out, err, environ)
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
    os.close(reading)
    return Command(tuple(arguments), pid, go, (out, err))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "INCIDENT_API_KEY": CANARY, "NO_COLOR": "1"}


def _fresh(arguments: tuple[str, ...], folder: Path, out: Path, err: Path, environ: Mapping[str, str]) -> Command:
    with out.open("wb") as told, err.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=said,
            start_new_session=True,
        )
    process.returncode = 0  # who waits for it is Command
    return Command(arguments, process.pid, -1, (out, err))


def _be(
    arguments: Sequence[str], folder: Path, reading: int, out: Path, err: Path, environ: Mapping[str, str]
) -> NoReturn:
    """Be the command: wait for the word to go, run it, and leave with its code."""
    code = 70
    try:
        os.setsid()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = ["reconciler", *arguments]  # a lock tells others which command holds it
        for target, source in ((0, Path(os.devnull)), (1, out), (2, err)):
            opened = os.open(source, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, target)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", 1), open(2, "w", 1)  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
        os.umask(0o022)
        os.read(reading, 1)
        # A signal may come for another one's request, before this one has begun.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        from reconciler.cli.ending import run  # noqa: PLC0415  (imported before the fork; here it is only named)

        code = run(list(arguments))
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  (whatever it is, it is told and found)
        traceback.print_exc()
    finally:
        os._exit(code)


def preload() -> None:
    """Import all that a command may need, so that what is forked from here has it."""
    import pkgutil  # noqa: PLC0415  (needed once)
    from importlib import import_module  # noqa: PLC0415

    import reconciler  # noqa: PLC0415

    for package in ("api", "cli", "diff", "documents", "kinds", "render", "state"):
        found = import_module(f"{reconciler.__name__}.{package}")
        for one in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            if not one.name.endswith("__main__") and ".sandbox" not in one.name:
                import_module(one.name)
    for name in ("reconcile", "assemble", "workspace"):
        import_module(f"{reconciler.__name__}.{name}")
    import deepdiff  # noqa: F401, PLC0415
    import filelock  # noqa: F401, PLC0415
    import jsonschema  # noqa: F401, PLC0415
    import yaml  # noqa: F401, PLC0415
