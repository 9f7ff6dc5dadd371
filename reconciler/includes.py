# ruff: noqa: PTH110, PTH112, PTH113, PTH117, PTH118, PTH119, PTH120, PTH208
# Paths stay the texts that people typed.
"""`!include path` -> the document that stands there, read once, and never from outside the root. Reads files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import documents
from reconciler.errors import Invalid, Problem
from reconciler.nearest import nearest
from reconciler.paths import is_inside, is_yaml

if TYPE_CHECKING:
    from reconciler.documents import Document
    from reconciler.model import Source

MAX_INCLUDES = 10_000
"""Files that one file may include, directly or not, each counted as often as it is included."""
MAX_DEPTH = 8


@dataclass(slots=True)
class _Opened:
    """A file that is being read: how it is shown, what it is, and how many files it has included so far."""

    shown: str
    real: str
    count: int = 1


class Includes:
    """Answers `!include`: looks for the file, reads it once, and guards the root."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.files: set[str] = set()
        """What was included, links resolved."""
        self._read: dict[str, tuple[Document, int]] = {}
        self._open: list[_Opened] = []

    def at(self, path: str) -> documents.Included:
        """Return what answers the includes of a file that nobody includes."""

        def include(text: str, place: Source) -> Document:
            if not self._open or self._open[0].shown != path:
                self._open = [_Opened(path, os.path.realpath(path))]
            return self.include(text, place)

        return include

    def include(self, text: str, place: Source) -> Document:
        """Return what a file holds: the value of a YAML file's one document, or the text of any other."""
        holder = self._open[-1]
        shown = os.path.normpath(os.path.join(os.path.dirname(holder.shown), text))
        real = os.path.realpath(shown)
        if message := self.refusal(text, shown, real):
            raise Invalid([Problem(place, message, self.hint(shown, real))])
        self.files.add(real)
        if real not in self._read:
            self._open.append(_Opened(shown, real))
            try:
                document = self.load(shown, text, place)
                self._read[real] = document, self._open[-1].count
            finally:
                self._open.pop()
        document, count = self._read[real]
        holder.count += count
        if holder.count > MAX_INCLUDES:
            raise Invalid([Problem(place, f"more than {MAX_INCLUDES:,} files are included here")])
        return document

    def refusal(self, text: str, shown: str, real: str) -> str:
        """Return why a file is not included, or nothing."""
        if os.path.isabs(text):
            return f"`{text}` is not included: paths are relative to the file that includes them"
        if not is_inside(real, self.root):
            return f"`{text}` is not included: it leads out of the workspace"
        if not os.path.isfile(real):
            return f"there is no file `{shown}`"
        if real in (opened.real for opened in self._open):
            return f"`{text}` includes itself"
        if len(self._open) > MAX_DEPTH:
            return f"files include each other more than {MAX_DEPTH} deep"
        return ""

    def hint(self, shown: str, real: str) -> str:
        """Return which file was probably meant, where it is inside the root."""
        folder = os.path.dirname(real)
        if os.path.exists(real) or not is_inside(real, self.root) or not os.path.isdir(folder):
            return ""
        found = nearest(os.path.basename(shown), os.listdir(folder))
        return f"did you mean `{found}`?" if found else ""

    def load(self, shown: str, text: str, place: Source) -> Document:
        """Return the value of a file."""
        if not is_yaml(shown):
            return documents.text_of(shown, shown)
        found = documents.load(documents.contents(shown, shown), shown, self.include)
        if len(found) != 1:
            told = f"`{text}` holds {len(found) or 'no'} documents, and an include takes exactly one"
            raise Invalid([Problem(place, told)])
        return found[0]
