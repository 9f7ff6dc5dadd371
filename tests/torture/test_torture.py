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
IN_A_BUCKET = 47
"""A seed whose first run keeps its state in a bucket where it can."""


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_happens_nothing_is_there_twice_and_nothing_is_lost(tmp_path: Path, share: int) -> None:
    """Kill, interrupt, lie, lose the state and change both sides; left alone, every promise holds."""
    command = [sys.executable, "-m", "tests.torture", "--seed", str(100 + share), "--runs", str(RUNS // SHARES)]

    done = subprocess.run(
        [*command, "--jobs", "1", "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert f"{RUNS // SHARES} runs in" in done.stdout
    assert "with a state in a bucket" in done.stdout


WITHOUT_THE_EXTRA = """
import sys
sys.modules["obstore"] = None
sys.argv += ["--runs", "1", "--seed", "{seed}", "--jobs", "1", "--folder", "{folder}"]
from tests.torture.__main__ import main
sys.exit(main())
"""


def test_without_the_extra_every_state_stays_in_its_folder(tmp_path: Path) -> None:
    """And that is said: nobody shall believe that buckets were tried."""
    code = WITHOUT_THE_EXTRA.format(seed=IN_A_BUCKET, folder=tmp_path)

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "no state is kept in a bucket: obstore cannot be imported here" in done.stdout
    assert "1 runs in" in done.stdout
    assert "with a state in a bucket" not in done.stdout
