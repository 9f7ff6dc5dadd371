"""What the tests of game days as commands share: a workspace with the small game days of all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import Shell
from tests.gameday import scenes

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("quiet", "failover", "watched", "group", "paused")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Give a workspace with a file for each small game day, and no key."""
    shell = Shell(tmp_path)
    shell.write("reconciler.yaml", scenes.WORKSPACE)
    (tmp_path / "incidents").mkdir()
    for name in NAMES:
        shell.write(f"{name}.yaml", getattr(scenes, name.upper()))
    return shell
