"""YAML text -> the nodes of each document, never so deep that the stack ends. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from reconciler.documents.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
"""Levels of lists and mappings; the C parser recurses, so a limit of its own guards the stack."""

STANDARD = "tag:yaml.org,2002:"
TEXT = STANDARD + "str"
TAGS: dict[type, str] = {
    yaml.ScalarNode: TEXT,
    yaml.SequenceNode: STANDARD + "seq",
    yaml.MappingNode: STANDARD + "map",
}


def composed(text: str) -> Iterator[yaml.Node]:
    """Yield the root of each document that holds anything; raises what PyYAML raises where a text is none."""
    composer = (_WaryComposer if _could_be_deep(text) else _Composer)(text)
    while composer.check_node():
        root = composer.get_node()
        assert root is not None
        if root.value or root.tag:
            yield root


class _Composer(Parser):
    """The parser, with PyYAML's resolver replaced: tags are decided where values are built."""

    def resolve(self, kind: type, _value: str | None, implicit: Any) -> str:
        """Return no tag for a plain scalar, and for anything else the tag that says what stands there anyway."""
        return "" if kind is yaml.ScalarNode and implicit[0] else TAGS[kind]

    def descend_resolver(self, parent: yaml.Node | None, index: Any) -> None:
        """Do nothing: tags do not depend on where a node stands."""

    def ascend_resolver(self) -> None:
        """Do nothing."""


class _WaryComposer(_Composer):
    """A composer that stops at the limit of depth itself: libyaml's recursion has none, and would end the process.

    Two calls of Python a node cost a fifth of the reading, so it is left to texts that could be deep.
    """

    depth = 0

    def descend_resolver(self, parent: yaml.Node | None, _index: Any) -> None:
        """Refuse to go deeper than the limit."""
        self.depth += 1
        if parent is not None and self.depth > MAX_DEPTH + 1:
            raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=parent.start_mark)

    def ascend_resolver(self) -> None:
        """Come back up."""
        self.depth -= 1


def _could_be_deep(text: str) -> bool:
    """Tell whether the text could be nested deeper than a stack bears.

    Each level takes a bracket, or begins further right than the one around it; only a list may begin in the
    column of the mapping that it belongs to. So brackets and twice the longest line are a bound.
    """
    brackets = text.count("[") + text.count("{")
    return brackets + 2 * max(map(len, text.split("\n"))) > SAFE_DEPTH


SAFE_DEPTH = 5_000
"""Levels that the usual 8 MB of stack bear twice over."""
TOO_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"
