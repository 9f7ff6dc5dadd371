"""What a server may have made of a value is known again; what somebody else wrote is not."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.alike import is_alike, is_called

REWRITTEN = {
    "wrapped": ("one\ntwo three", "one two\nthree"),
    "blank lines": ("one\n\n\ntwo", "one\n\ntwo"),
    "bullets": ("- one\n+ two", "* one\n• two"),
    "numbers": ("1. one\n2) two", "1. one\n1. two"),
    "on one line": ("one\n1. two", "one 1. two"),
    "headings": ("# One\ntwo", "One\ntwo"),
    "quotes": ("> one", "one"),
    "emphasis": ("**one** and _two_", "*one* and *two*"),
    "code": ("`one`", "one"),
    "case of a host": ("https://Example.COM", "https://example.com/"),
    "composed signs": ("re\u0301gion", "r\u00e9gion"),
    "white space alone": (" \t", "\n"),
    "a whole second": ("2026-11-20T09:12:00.75Z", "2026-11-20T09:12:00Z"),
    "another zone": ("2026-11-20T10:12:00+01:00", "2026-11-20T09:12:00.000000Z"),
    "a list": ([{"value_text": "- one"}], [{"value_text": "* one"}]),
    "nothing": (None, None),
    "a number": (3, 3),
}
OTHER = {
    "another word": ("rolled back", "rolled on"),
    "another order": ("one two", "two one"),
    "another number": ("5 % of all", "9 % of all"),
    "another step": ("we are at step 2.", "we are at step 3."),
    "another sign": ("p99 < 2 s", "p99 > 2 s"),
    "signs alone": ("---", "***"),
    "a smile": (":tada:", "🎉"),
    "another second": ("2026-11-20T09:12:00Z", "2026-11-20T09:12:01Z"),
    "a number that could be a day": ("20261120", "2026-11-20"),
    "the last moment": ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"),
    "another property": ({"value_text": "one"}, {"value_link": "one"}),
    "one more": (["one"], ["one", "two"]),
    "nothing": ("one", None),
    "another number of a list": ([1], [2]),
}


@pytest.mark.parametrize(("one", "other"), REWRITTEN.values(), ids=list(REWRITTEN))
def test_what_was_rewritten_is_known_again(one: Any, other: Any) -> None:
    """Layout, emphasis, how signs are composed, and fractions of a second are the server's."""
    assert is_alike(one, other)
    assert is_alike(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=list(OTHER))
def test_what_is_something_else_is_not(one: Any, other: Any) -> None:
    """Words, their order, and signs that mean something are nobody's but the writer's."""
    assert not is_alike(one, other)
    assert not is_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (" Major\n", "Major", True),
        ("Re\u0301gion", "R\u00e9gion", True),
        ("EU  West", "EU West", True),
        ("Major", "major", False),
        ("- 5", "5", False),
        ("EU-West", "EU West", False),
    ],
)
def test_names_differ_in_more_than_blanks(one: str, other: str, *, same: bool) -> None:
    """A name is a name: nothing of it is layout but the blanks."""
    assert is_called(one, other) is same
