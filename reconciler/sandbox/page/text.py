"""Any text or number in, what a page may show of it out, and whether it is an address to link to; pure."""

import re
from typing import Any, Final

# What steers a terminal, turns the direction of reading around, or cannot be written as UTF-8. Marks that only hint
# at a direction, and joiners, belong to honest Arabic, Hebrew and emoji: an element of its own direction holds them.
_CONTROLS: Final = (
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_SURROGATES: Final = range(0xD800, 0xE000)
_HARMLESS: Final = {code: f"[U+{code:04X}]" for code in (*_CONTROLS, *_SURROGATES)}

_WEB_ADDRESS: Final = re.compile(r"https?://[^\s\x00-\x20\"'<>\\]+", re.IGNORECASE)


def harmless(value: Any) -> Any:
    """Return a text with its control characters shown by their numbers; anything else as it is.

    The result still has to be escaped where it becomes markup; markup stays markup.
    """
    return value.replace("\r\n", "\n").translate(_HARMLESS) if isinstance(value, str) else value


def web_address(text: str) -> str | None:
    """Return a text that is an address of the web, and None for what a browser could run or misread."""
    return text if _WEB_ADDRESS.fullmatch(text) and harmless(text) == text else None


def grouped(number: int) -> str:
    """Write a number with its thousands set apart."""
    return f"{number:,}"
