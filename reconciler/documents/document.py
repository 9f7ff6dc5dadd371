"""The document: a value as JSON has it, in; the file, line and column of each part of it, out. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import Source

Included = Callable[[str, Source], "Document"]
"""Gives what `!include TEXT` at a place stands for; raises `Invalid` where there is nothing to give."""


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: `value` as JSON has it (a mapping, a list, a text, …), and the place of each part of it."""

    value: Any
    file: str
    marks: array[int] = field(repr=False)
    """Line, column (both from 0) and size of each node, in the order in which they are written.

    A mapping is followed by key, value, key, value; a node's size counts itself and all below it, so a path is
    found by stepping over its elder siblings. Three numbers a node are a fifth of what objects would take.
    """
    grafts: Mapping[int, Document] = field(default_factory=dict, repr=False)
    """What was included, by the number of the node that includes it: these parts know their own file."""

    @classmethod
    def of_text(cls, text: str, file: str) -> Document:
        """Return a document that is one text, as `!include notes.md` gives it."""
        return cls(text, file, array("I", (0, 0, 1)))

    @property
    def source(self) -> Source:
        """Return where the document begins: the place of its first value."""
        return self.at()

    def at(self, *path: str | int) -> Source:
        """Return the place of the value at `path`, or of the nearest value around it that was written."""
        return self._find(path)[1]

    def key_at(self, *path: str | int) -> Source:
        """Return the place of the key at `path`; of the value where a list holds it, or of the nearest around it."""
        return self._find(path)[0]

    def part(self, *path: str) -> Document:
        """Return the mapping at `path` as a document of its own, whose `spec` it is; every place stays as it is."""
        owner, node = _entered(self, 0)
        value = self.value
        for name in path:
            owner, node = _entered(owner, _step(owner.marks, node, value, name)[1])
            value = value[name]
        size = owner.marks[3 * node + 2]
        place = owner.marks[3 * node : 3 * node + 2]
        # The mapping that holds `spec`, and its key, stand where `spec` itself does.
        marks = array("I", (*place, size + 2, *place, 1)) + owner.marks[3 * node : 3 * (node + size)]
        grafts = {number - node + 2: one for number, one in owner.grafts.items() if node <= number < node + size}
        return Document({"spec": value}, owner.file, marks, grafts)

    def _find(self, path: tuple[str | int, ...]) -> tuple[Source, Source]:
        """Return the places of the key and of the value that `path` leads to, as far as it leads."""
        owner, node = _entered(self, 0)
        value, key = self.value, _place(owner, node)
        for name in path:
            if not _leads(value, name):
                return _place(owner, node), _place(owner, node)
            above, node = _step(owner.marks, node, value, name)
            key, value = _place(owner, above), value[name]
            owner, node = _entered(owner, node)
        return key, _place(owner, node)


def _entered(document: Document, node: int) -> tuple[Document, int]:
    """Return the node, or the first one of what was included in its place."""
    included = document.grafts.get(node)
    return (document, node) if included is None else _entered(included, 0)


def _leads(value: Any, name: str | int) -> bool:
    """Tell whether there is anything below `value` by this name."""
    if isinstance(name, int):
        return isinstance(value, list) and 0 <= name < len(value)
    return isinstance(value, dict) and name in value


def _step(marks: array[int], node: int, value: Any, name: str | int) -> tuple[int, int]:
    """Return the numbers of the key and of the value of a child; in a list both are the value's."""
    is_mapping = isinstance(value, dict)
    at = node + 1
    for candidate in value if is_mapping else range(len(value)):
        if candidate == name:
            break
        at += is_mapping
        at += marks[3 * at + 2]
    return at, at + is_mapping


def _place(document: Document, node: int) -> Source:
    """Return the place of a node of this very file."""
    return Source(document.file, document.marks[3 * node] + 1, document.marks[3 * node + 1] + 1)
