"""Forty runs of the torture with every run of the tests; two thousand have a command of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.torture.process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RUNS, SHARES = 40, 4


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_happens_nothing_is_there_twice_and_nothing_is_lost(tmp_path: Path, share: int) -> None:
    """Kill, interrupt, lie, lose the state and change both sides; left alone, every promise holds."""
    command = [sys.executable, "-m", "tests.torture", "--seed", str(100 + share), "--runs", str(RUNS // SHARES)]

    done = subprocess.run(
        [*command, "--jobs", "1", "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert f"{RUNS // SHARES} runs in" in done.stdout
