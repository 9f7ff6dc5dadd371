"""Patterns of scripts are looked for in what people wrote, and never hold up a run."""

from __future__ import annotations

import pytest

from reconciler.gameday.patterns import is_found


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("customers? .* affected", "Customers in two regions are AFFECTED.", True),
        ("^rolled back$", "we rolled back", False),
        ("fail.?over|switch", "Switch to the standby", True),
        ("東京", "in 東京", True),
        ("[", "[", False),
    ],
)
def test_a_pattern_is_found_anywhere_whatever_the_case(pattern: str, text: str, *, expected: bool) -> None:
    """As people would look for words; what is no pattern is found nowhere."""
    assert is_found(pattern, text) is expected


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){30}$"])
def test_a_pattern_that_would_take_for_ever_is_not_found(pattern: str) -> None:
    """Some patterns try every way to part a text, and nothing else could end that: this comes to its end."""
    assert not is_found(pattern, "a" * 60 + "!")
