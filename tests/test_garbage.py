"""The collector of garbage, kept still for a while."""

from __future__ import annotations

import gc

import pytest

from reconciler.garbage import uncollected


def test_it_goes_on_afterwards() -> None:
    """Whatever became of the work."""
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="wrong"), uncollected():
        raise ValueError("wrong")
    assert gc.isenabled()


def test_one_within_another_does_not_end_it() -> None:
    """And where somebody keeps it still for good, it stays so."""
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
