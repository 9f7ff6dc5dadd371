"""The command line: flags in, one call, a report and an exit code out. One command a file."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing's own would cost a tenth of what `--help` may take
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name, and leave with its exit code."""
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        # While modules are still imported; from then on whoever ends a command heeds it.
        sys.stderr.write("error: interrupted\n")
        code = INTERRUPTED
    sys.exit(code)


def _run(given: list[str]) -> int:
    from reconciler.cli import front  # noqa: PLC0415  (a command that is imported alone needs none of this)

    try:
        if front.answered(given):
            return 0
    except OSError as error:
        from reconciler.cli.ending import ended  # noqa: PLC0415  (see below)
        from reconciler.cli.voice import Voice  # noqa: PLC0415

        return ended(error, Voice(given))
    from reconciler.cli.ending import run  # noqa: PLC0415  (the command library takes longer than `--help` may)

    return run(given)
