"""The nodes of a document -> its value, a mark of each part, and problems. Pure, but for what `include` does."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.documents.composing import MAX_DEPTH, STANDARD, TAGS, TEXT, TOO_DEEP
from reconciler.documents.document import Document
from reconciler.documents.scalars import CONSTANTS, NUMERIC, Unusable, plain
from reconciler.errors import Invalid, Problem
from reconciler.model import Source

if TYPE_CHECKING:
    from reconciler.documents.document import Included

MAX_ALIASED = 10_000
"""Values that aliases may repeat in one document; a billion laughs ends here."""


class Building:
    """Builds one document of a file, and adds to `problems` what is wrong with it."""

    def __init__(self, file: str, include: Included | None, problems: list[Problem]) -> None:
        self.file, self.include, self.problems = file, include, problems
        self.marks: list[int] = []
        self.grafts: dict[int, Document] = {}
        self.sizes: dict[yaml.Node, int] = {}
        self.aliased = self.depth = 0

    def document(self, root: yaml.Node) -> Document:
        """Return the document below a root; raises `MarkedYAMLError` where it is too deep."""
        value = self.value(root)
        return Document(value, self.file, array("I", self.marks), self.grafts)

    def value(self, node: yaml.Node) -> Any:
        """Return what a node means, and note its place and all places below it."""
        mark = node.start_mark
        self.marks += (mark.line, mark.column, 1)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if node in self.sizes and not self.may_repeat(node):
            return None
        number = len(self.marks) // 3 - 1
        self.sizes[node] = 0
        self.check_tag(node)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=TOO_DEEP, problem_mark=mark)
        result = self.mapping(node) if isinstance(node, yaml.MappingNode) else list(map(self.value, node.value))
        self.depth -= 1
        size = len(self.marks) // 3 - number
        self.marks[3 * number + 2] = self.sizes[node] = size
        return result

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Return a mapping; keys that are no text or stand there twice are problems."""
        result: dict[str, Any] = {}
        for key, value in node.value:
            mark = key.start_mark
            self.marks += (mark.line, mark.column, 1)
            name = self.key(key)
            if name in result:
                self.repeated(key, name, value)
            else:
                result[name] = self.value(value)
        return result

    def repeated(self, key: yaml.Node, name: str, value: yaml.Node) -> None:
        """Report a key that stands there twice; what it holds is checked, and leaves no trace."""
        self.report(key, f"`{name}` is already set in this mapping", "keep one of the two")
        begin = len(self.marks) - 3
        self.value(value)
        del self.marks[begin:]
        self.grafts = {number: graft for number, graft in self.grafts.items() if 3 * number < begin}

    def key(self, node: yaml.Node) -> str:
        """Return the text of a key."""
        if not isinstance(node, yaml.ScalarNode):
            self.report(node, "a key must be text, not a list or a mapping")
            return ""
        if node.tag:
            self.check_tag(node)
        elif node.value == "<<":
            self.report(node, "`<<` does not merge in YAML 1.2", "write the keys out, or `!include` what is shared")
        elif node.value in CONSTANTS or node.value[0] in NUMERIC:
            self.check_key(node)
        return str(node.value)

    def check_key(self, node: yaml.ScalarNode) -> None:
        """Report a plain key that means a number, a truth value or nothing."""
        try:
            is_text = isinstance(plain(node.value), str)
        except Unusable:
            is_text = False
        if not is_text:
            self.report(node, f"a key must be text: `{node.value}` is not", f'write it in quotes: "{node.value}"')

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """Return what a scalar means."""
        text = node.value
        if node.tag:
            return text if node.tag == TEXT else self.tagged(node)
        try:
            return plain(text)
        except Unusable as problem:
            self.report(node, str(problem), "put it in quotes if it is a text")
            return None

    def tagged(self, node: yaml.ScalarNode) -> Any:
        """Return what a scalar with a tag of its own means: what is included, or plain text."""
        if node.tag != "!include" or self.include is None:
            self.check_tag(node)
            return node.value
        number = len(self.marks) // 3 - 1
        try:
            self.grafts[number] = included = self.include(node.value, self.place(node))
        except Invalid as invalid:
            self.problems.extend(invalid.problems)
            return None
        return included.value

    def check_tag(self, node: yaml.Node) -> None:
        """Report a tag that builds anything but what stands there anyway."""
        tag = node.tag
        if tag != TAGS[type(node)]:
            name = "!!" + tag.removeprefix(STANDARD) if tag.startswith(STANDARD) else tag
            self.report(node, f"the tag `{name}` is not allowed here", "leave it out")

    def may_repeat(self, node: yaml.Node) -> bool:
        """Count what an alias repeats, before it is repeated; report one that goes too far, or that never ends."""
        size, before = self.sizes[node], self.aliased
        self.aliased += size
        if size == 0:
            self.report(node, "an alias in here stands for what it is part of")
        elif before <= MAX_ALIASED < self.aliased:
            self.report(node, f"aliases repeat more than {MAX_ALIASED:,} values in this document")
        return size > 0 and self.aliased <= MAX_ALIASED

    def report(self, node: yaml.Node, message: str, hint: str = "") -> None:
        """Add a problem at a node."""
        self.problems.append(Problem(self.place(node), message, hint))

    def place(self, node: yaml.Node) -> Source:
        """Return where a node begins."""
        return Source(self.file, node.start_mark.line + 1, node.start_mark.column + 1)
