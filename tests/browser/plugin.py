"""The browser that tests look with: where there is none they are skipped loudly, and fail where CI is set to true."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Final

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = "there is no Chromium to look at the pages with; apt-get install chromium"


def installed() -> str | None:
    """Return the path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def find_browser() -> str:
    """Return the path of a browser; skips the test where there is none, or fails it where CI is set to true."""
    if path := installed():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nobody looked."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"NOT LOOKED AT: {len(skipped)} tests skipped, {MISSING}", red=True)


if __name__ == "__main__":
    sys.exit(installed() is None)
