"""The browser that tests look with; run as a program, it tells by its exit code whether there is one."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

from tests.needed import Needed

if TYPE_CHECKING:
    import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str | None:
    """Return the path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


BROWSER: Final = Needed(
    installed, "there is no Chromium to look at the pages with; apt-get install chromium", "NOT LOOKED AT"
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nobody looked."""
    BROWSER.tell(terminalreporter)


if __name__ == "__main__":
    sys.exit(installed() is None)
