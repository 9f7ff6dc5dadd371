"""YAML text -> documents: plain values that know their file, line and column; yaml enters here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.documents.building import Building
from reconciler.documents.composing import composed
from reconciler.documents.document import Document, Included
from reconciler.documents.merges import remnant, unresolved
from reconciler.documents.reading import contents, decoded
from reconciler.documents.syntax import UNREADABLE, in_words
from reconciler.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.errors import Problem

__all__ = ["Document", "Included", "contents", "load", "parse", "text_of"]


def load(text: str | bytes, file: str, include: Included | None = None) -> list[Document]:
    """Return the documents of a YAML text, as `parse` reads them; raises `Invalid` with every problem there is."""
    found, problems = parse(text, file, include)
    if problems:
        raise Invalid(problems)
    return found


def parse(text: str | bytes, file: str, include: Included | None = None) -> tuple[list[Document], list[Problem]]:
    """Return the documents of a YAML text, and what is wrong with it; messages name it as `file`.

    Documents that hold nothing but comments are left out. A syntax error ends the reading of its file; what has
    any other problem goes on as null, so that the rest of the document can be checked as well. Of a file with an
    unresolved merge nothing is read: it says two things at once.

    Scalars are read by the core schema of YAML 1.2 (10.3.2), but for one rule of its JSON schema (10.2.1.3): digits
    that begin with a zero are text, since they are an account's ID or a telephone number far oftener than a
    count. `include` answers `!include`; without it the tag is a problem.
    """
    try:
        whole = decoded(text, file)
    except Invalid as invalid:
        return [], list(invalid.problems)
    if merge := unresolved(whole, file):
        return [], [merge]
    problems: list[Problem] = []
    return list(_built(whole, file, include, problems)), problems


def _built(text: str, file: str, include: Included | None, problems: list[Problem]) -> Iterator[Document]:
    """Yield what holds a value, up to a syntax error; `problems` gets what is wrong."""
    try:
        for root in composed(text):
            yield Building(file, include, problems).document(root)
    except UNREADABLE as error:
        problems.append(remnant(text, file) or in_words(error, text, file))


def text_of(path: str, shown: str) -> Document:
    r"""Return a file that is no YAML as one text, line ends as `\n`; raises `Invalid` where it is not UTF-8."""
    return Document.of_text(decoded(contents(path, shown), shown).replace("\r\n", "\n"), shown)
