"""A page of HTML in, its elements and the text that people read out; for tests without a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple


class Element(NamedTuple):
    """A start tag and its attributes; one without a value has the empty one."""

    tag: str
    attributes: dict[str, str]


class Markup(HTMLParser):
    """One page, read as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self._words += data.split()

    @property
    def text(self) -> str:
        """All texts, with one space between words."""
        return " ".join(self._words)

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every element with a tag."""
        return [element.attributes for element in self.elements if element.tag == tag]

    def ids(self, prefix: str) -> list[str]:
        """Return what follows the prefix in the IDs that begin with it, in order."""
        ids = (element.attributes.get("id", "") for element in self.elements)
        return [one.removeprefix(prefix) for one in ids if one.startswith(prefix)]
