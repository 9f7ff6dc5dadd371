"""Commands as processes of their own, forked from one that has imported everything: a tenth of a fresh one's time.

`ended` is what tests call. What runs is the command with its arguments, folder, environment and streams; what is not
tested so is how an interpreter starts and ends, which those tests look at that start one.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
LONGEST = 1_000_000
"""Bytes of a request."""


def ended(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], stdin: int, patience: float
) -> tuple[int, str, str]:
    """Run `reconciler` with these arguments; return its exit code, stdout and stderr.

    `stdin` is a file descriptor. Raises `TimeoutError` where it takes longer than `patience` in seconds.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, socket.socket(socket.AF_UNIX) as line:
        line.settimeout(patience)
        line.connect(_zygote())
        asked = json.dumps([list(arguments), str(folder), dict(environ)]).encode()
        socket.send_fds(line, [len(asked).to_bytes(8)], [stdin, out.fileno(), err.fileno()])
        line.sendall(asked)
        code = int.from_bytes(_received(line, 4), signed=True)
        out.seek(0)
        err.seek(0)
        return code, _text(out.read()), _text(err.read())


def _text(told: bytes) -> str:
    return told.decode().replace("\r\n", "\n")


def _received(line: socket.socket, size: int) -> bytes:
    """Return so many bytes; raises `EOFError` where the other side went away."""
    got = b""
    while len(got) < size:
        piece = line.recv(size - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


@cache
def _zygote() -> str:
    """Start the process that all others are forked from, once for each process of tests; return its address."""
    folder = tempfile.TemporaryDirectory(prefix="zygote-")
    address = os.path.join(folder.name, "s")  # noqa: PTH118  (a socket's address is a text)
    process = subprocess.Popen([sys.executable, "-m", "tests.zygote", address, str(os.getpid())], cwd=ROOT)

    def end() -> None:
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(end)
    while not Path(address).exists():
        assert process.poll() is None, "the zygote died"
        time.sleep(0.01)
    return address


def _serve(address: str, parent: int) -> NoReturn:
    from tests.torture.process import preload  # noqa: PLC0415  (only this process imports it all)

    preload()
    import_module("reconciler.sandbox.resource").discover()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # It is heard of as soon as its name is there, so that comes last.
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{address}.new")
        door.listen(64)
        door.settimeout(1.0)
        Path(f"{address}.new").rename(address)
        while os.getppid() == parent:
            try:
                line, _ = door.accept()
            except TimeoutError:
                continue
            if os.fork() == 0:
                _answer(line)
            line.close()
    sys.exit()


def _answer(line: socket.socket) -> NoReturn:
    """Fork the command, wait for its end, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.settimeout(None)
    size, descriptors, _, _ = socket.recv_fds(line, 8, 3)
    arguments, folder, environ = json.loads(_received(line, int.from_bytes(size)))
    pid = os.fork()
    if pid == 0:
        line.close()
        _be(arguments, folder, environ, descriptors)
    _, status = os.waitpid(pid, 0)
    line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
    os._exit(0)


def _be(arguments: Sequence[str], folder: str, environ: Mapping[str, str], descriptors: Sequence[int]) -> NoReturn:
    """Be the command."""
    code = 70
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", 1)  # noqa: SIM115
        sys.argv = ["reconciler", *arguments]
        warnings.simplefilter("error")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from reconciler.cli import main  # noqa: PLC0415  (imported before the fork; here it is only named)

        try:
            main()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 0
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  (whatever it is, it is told and found)
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
