"""YAML text -> events and nodes: libyaml's parser, or the one in Python that says the same. Pure."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["NO_CHARACTER", "Parser"]

try:
    from yaml.cyaml import CParser as Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml: the same events, ten times slower

    class Parser(  # type: ignore[no-redef]
        yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser, yaml.composer.Composer
    ):
        """The parser in Python, put together as PyYAML does it for its loaders."""

        def __init__(self, stream: str | bytes) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)
            yaml.composer.Composer.__init__(self)

        def fetch_more_tokens(self) -> None:
            r"""Scan on; an escape such as `\\UFFFFFFFF`, at which Python gives up, is a mistake like any other."""
            try:
                super().fetch_more_tokens()
            except (ValueError, OverflowError):
                raise yaml.MarkedYAMLError(problem=NO_CHARACTER, problem_mark=self.get_mark()) from None

        def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
            """Return a scalar; half of a surrogate pair, which libyaml refuses, is refused here as well."""
            node = super().compose_scalar_node(anchor)
            if any("\ud800" <= character <= "\udfff" for character in node.value):
                raise yaml.MarkedYAMLError(problem=NO_CHARACTER, problem_mark=node.start_mark)
            return node


NO_CHARACTER = "found invalid Unicode character escape code"
