"""What simulated people say: a text that a script's regular expression is found in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.gameday.phrases import fitting

SAID = {
    "customers? .* affected": "An update: customers are affected.",
    "(rotat|revok)ed": "An update: rotated.",
    r"^SEV-[1-4]: .+$": "SEV-1: are",
    r"next (update|step).*\d+ ?min": "An update: next update are 4 min.",
    "(?i)status page": "An update: status page.",
    r"(?P<q>['\"])down(?P=q)": "An update: 'down'.",
    "(?=.*rollback)(?=.*done)": "An update: are rollback are done.",
    "не работает": "An update: не работает.",
}


@pytest.mark.parametrize("pattern", SAID)
def test_a_text_is_found_that_reads_like_one(pattern: str) -> None:
    """What people would write is said in a sentence, and matches."""
    assert fitting(pattern) == SAID[pattern]


@pytest.mark.parametrize("pattern", ["(", "^$", "x{3000}", "(?!)", r"a\Zb"])
def test_what_cannot_be_said_is_not(pattern: str) -> None:
    """An expression that is none, that nothing matches, or nothing that anyone would say, has no words."""
    assert fitting(pattern) is None


def test_what_is_not_accepted_is_said_otherwise() -> None:
    """Of several ways, one is taken that is accepted."""
    assert fitting("leaked|lost", accepts=lambda text: "leaked" not in text) == "An update: lost."


_PARTS: st.SearchStrategy[str] = st.recursive(
    st.sampled_from([*"abz49 -", ".", r"\d", r"\w", r"\s", r"\S", "[a-f]", "[^x]", "[0-9_]", r"\W"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "*?"])),
        st.builds("({}|{})".format, inner, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_PARTS)
def test_whatever_is_said_matches(pattern: str) -> None:
    """Of expressions without conditions there is always a text, and each is found in its own."""
    said: Any = fitting(pattern)

    assert said is not None
    assert re.search(pattern, said)
