"""Programs that some tests need: where one is missing they are skipped loudly, and fail where CI is set to true."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class Needed(Generic[Place]):
    """A program: how it is looked for, what is said without it, and what nobody did then."""

    installed: Callable[[], Place | None]
    missing: str
    undone: str

    def find(self) -> Place:
        """Return where it is; skips the test where there is none, or fails it where CI is set to true."""
        if place := self.installed():
            return place
        if os.environ.get("CI") == "true":
            pytest.fail(self.missing, pytrace=False)
        pytest.skip(self.missing)

    def tell(self, reporter: pytest.TerminalReporter) -> None:
        """Say loudly how many tests did without."""
        skipped = [one for one in reporter.stats.get("skipped", ()) if self.missing in str(one.longrepr)]
        if skipped:
            reporter.write_line(f"{self.undone}: {len(skipped)} tests skipped, {self.missing}", red=True)
