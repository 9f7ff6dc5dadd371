"""Markdown in, the same laid out anew out: paragraphs and items wrapped, other bullets, single blank lines. Pure.

Laid out once more it stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 72
"""Signs on a line of a paragraph, at most, as long as words can be parted."""

_BULLETS = frozenset("-+*")
_FENCE = re.compile(r"`{3,}|~{3,}")
# What the first word of a line makes of it: a heading, a number, a quote, a table, a tag, a rule or a fence stays.
_KEPT = re.compile(r"#{1,6}|\d{1,9}[.)]|[>|<].*|[-=*_]{2,}|(`{3,}|~{3,}).*")


def lay_out(text: str) -> str:
    """Lay out a text."""
    lines = re.sub(r"\r\n?", "\n", text).replace("\t", "    ").strip().split("\n")
    shown: list[str] = []
    for part in _parts(lines):
        for line in [part] if isinstance(part, str) else part.lines():
            if line or shown[-1:] != [""]:
                shown.append(line)
    return "\n".join(shown).strip()


@dataclass(slots=True)
class _Block:
    """Words that run on from line to line, behind the indented bullet of an item if they are one."""

    words: list[str]
    bullet: str = ""

    def lines(self) -> Iterator[str]:
        """Fill lines; none begins with a word that would mean something there."""
        line = self.bullet
        for word in self.words:
            is_full = len(line) + 1 + len(word) > WIDTH
            if is_full and line != self.bullet and not _means_something(word):
                yield line
                line = " " * (len(self.bullet) + 1 if self.bullet else 0) + word
            else:
                line = f"{line} {word}" if line else word
        yield line


def _parts(lines: Iterable[str]) -> Iterator[_Block | str]:
    """Yield blocks, and the lines that stay as they are, blank ones among them."""
    block: _Block | None = None
    fence = ""
    for line in (line.rstrip() for line in lines):
        words = line.split()
        if fence:
            yield line
            fence = "" if line.lstrip().startswith(fence) else fence
            continue
        if words and block and not _means_something(words[0]):
            block.words += words
            continue
        if block:
            yield block
            block = None
        if words and words[0] in _BULLETS:
            block = _Block(words[1:], " " * (len(line) - len(line.lstrip(" "))) + "*")
        elif words and not (_KEPT.fullmatch(words[0]) or line.startswith("    ")):
            block = _Block(words)
        else:
            opening = _FENCE.match(line.lstrip())
            fence = opening[0] if opening else ""
            yield line
    if block:
        yield block


def _means_something(word: str) -> bool:
    return word in _BULLETS or bool(_KEPT.fullmatch(word))
