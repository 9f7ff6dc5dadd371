"""Azurite, which stands in for Azure: without it tests are skipped loudly, and fail where CI is set to true."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest

PLACES: Final = (Path(sys.prefix, "azurite"), Path.home() / ".cache" / "reconciler-tests")
"""Where npm may have put it: beside the Python that runs the tests, or into the user's cache."""
MAIN: Final = Path("node_modules", "azurite", "dist", "src", "blob", "main.js")
MISSING: Final = "there is no Azurite to keep state in; npm install --prefix ~/.cache/reconciler-tests azurite"


def installed() -> Path | None:
    """Return the program, or None."""
    found = (place / MAIN for place in PLACES if (place / MAIN).is_file())
    return next(found, None) if shutil.which("node") else None


def find_azurite() -> Path:
    """Return the program; skips the test where there is none, or fails it where CI is set to true."""
    if path := installed():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nobody tried."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"NOT TRIED ON AZURE: {len(skipped)} tests skipped, {MISSING}", red=True)


if __name__ == "__main__":
    sys.exit(installed() is None)
