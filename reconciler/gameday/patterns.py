"""A pattern of a script and a text that people wrote → whether it is found there, in bounded time. Pure.

Python's own `re` may take hours for a few dozen letters, and nothing could end it: the run would stand still.
"""

from __future__ import annotations

import regex

PATIENCE = 0.25
"""Seconds after which a pattern counts as not found in a text."""


def is_found(pattern: str, text: str) -> bool:
    """Return whether a pattern is found anywhere in a text, whatever the case."""
    try:
        return regex.search(pattern, text, regex.IGNORECASE, timeout=PATIENCE) is not None
    except (TimeoutError, regex.error):
        return False
