"""A game day survives its host: killed at random, taken up again, cleaned up, checked against the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gameday.kills import Drill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", range(6))
def test_a_killed_host_loses_nothing_and_posts_nothing_twice(tmp_path: Path, number: int) -> None:
    """Each incident is declared once, each update posted once and in order, and all of it closed; nothing else is."""
    Drill(1, number, tmp_path).play()
