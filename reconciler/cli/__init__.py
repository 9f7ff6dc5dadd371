"""The command line: flags in, one call, a report and an exit code out. One command a file."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing's own would cost a tenth of what `--help` may take
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name, and leave with its exit code."""
    from reconciler.cli import front  # noqa: PLC0415  (a command that is imported alone needs none of this)

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if front.answered(given):
            sys.exit(0)
    except OSError as error:
        from reconciler.cli.ending import ended  # noqa: PLC0415  (see below)
        from reconciler.cli.voice import Voice  # noqa: PLC0415

        sys.exit(ended(error, Voice(given)))
    from reconciler.cli.ending import run  # noqa: PLC0415  (the command library takes longer than `--help` may)

    sys.exit(run(given))
