"""Snapshots: what was rendered when somebody last looked at it and found it good.

`SNAPSHOTS=write pytest tests/render` writes them anew, to be looked at before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def snapshot(name: str, text: str) -> str:
    """Return what was found good under this name; with SNAPSHOTS=write, take the text for it."""
    path = FOLDER / name
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8")
