"""Azurite, which stands in for Azure; run as a program, this tells by its exit code whether it is there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.needed import Needed

if TYPE_CHECKING:
    import pytest

PLACES: Final = (Path(sys.prefix, "azurite"), Path.home() / ".cache" / "reconciler-tests")
"""Where npm may have put it: beside the Python that runs the tests, or into the user's cache."""
MAIN: Final = Path("node_modules", "azurite", "dist", "src", "blob", "main.js")


def installed() -> Path | None:
    """Return the program, or None."""
    found = (place / MAIN for place in PLACES if (place / MAIN).is_file())
    return next(found, None) if shutil.which("node") else None


AZURITE: Final = Needed(
    installed,
    "there is no Azurite to keep state in; npm install --prefix ~/.cache/reconciler-tests azurite",
    "NOT TRIED ON AZURE",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that nobody tried."""
    AZURITE.tell(terminalreporter)


if __name__ == "__main__":
    sys.exit(installed() is None)
