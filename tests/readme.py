"""The commands of the README, as written: `python tests/readme.py N` prints the Nth block of shell commands."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
QUICKSTART, TESTS, ACCOUNT, SERVE, SERVED, GAME_DAY = range(6)
"""What each block of shell commands is for, in the order of the page."""


def blocks(page: Path = README) -> list[str]:
    """Return the blocks of shell commands, in the order of the page."""
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def section(title: str, page: Path = README) -> str:
    """Return what stands under a heading of the second level."""
    _, _, after = page.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return after.partition("\n## ")[0]


if __name__ == "__main__":
    sys.stdout.write(blocks()[int(sys.argv[1])])
