"""A folder that nobody may write in: a refusal in words, whichever account is meant."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.planfile.desk import Desk, incident

if TYPE_CHECKING:
    import pytest


def test_a_folder_that_is_read_only_refuses_the_sandbox_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the program; what to do about the disk is said."""
    desk = Desk(tmp_path)
    desk.declare(incident("one"))

    def refused(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    with monkeypatch.context() as mounted:
        mounted.setattr(Path, "mkdir", refused)
        ended = desk.type("apply", "--auto-approve")

    assert ended.code == 4
    assert "Read-only file system\nhint: make room or give the right to write there" in ended.stderr
