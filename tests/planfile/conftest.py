"""What the tests of plan files share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.planfile.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a folder and an account of one's own."""
    return Desk(tmp_path)
