"""YAML text -> documents: plain values that know their file, line and column. Pure, but for `read`, which opens a file.

Manifests, the workspace, game days and fault scripts all come through here; nothing else imports yaml.
"""

from __future__ import annotations

import math
import os
import re
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.errors import Invalid, Problem
from reconciler.model import Source

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml: the same events, ten times slower

    class _Parser(  # type: ignore[no-redef]
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
                raise yaml.MarkedYAMLError(problem=_NO_CHARACTER, problem_mark=self.get_mark()) from None

        def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
            """Return a scalar; half of a surrogate pair, which libyaml refuses, is refused here as well."""
            node = super().compose_scalar_node(anchor)
            if any("\ud800" <= character <= "\udfff" for character in node.value):
                raise yaml.MarkedYAMLError(problem=_NO_CHARACTER, problem_mark=node.start_mark)
            return node


_NO_CHARACTER = "found invalid Unicode character escape code"

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 10_000_000
"""Size of a file; a larger one is refused unread."""
MAX_DEPTH = 64
"""Levels of lists and mappings; the C parser recurses, so a limit of its own guards the stack."""
MAX_ALIASED = 10_000
"""Values that aliases may repeat in one document; a billion laughs ends here."""
MAX_SCALAR = 1_000
"""Characters of a number; Python itself refuses to print longer ones."""

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


def load(text: str | bytes, file: str, include: Included | None = None) -> list[Document]:
    """Return the documents of a YAML text, as `parse` reads them; raises `Invalid` with every problem there is."""
    found, problems = parse(text, file, include)
    if problems:
        raise Invalid(problems)
    return found


def parse(text: str | bytes, file: str, include: Included | None = None) -> tuple[list[Document], list[Problem]]:
    """Return the documents of a YAML text, and what is wrong with it; messages name it as `file`.

    Documents that hold nothing but comments are left out. A syntax error ends the reading of its file; what has
    any other problem goes on as null, so that the rest of the document can be checked as well.

    Scalars are read by the core schema of YAML 1.2 (10.3.2), but for one rule of its JSON schema (10.2.1.3): digits
    that begin with a zero are text, since they are an account's ID or a telephone number far oftener than a
    count. `include` answers `!include`; without it the tag is a problem.
    """
    try:
        building = _Building(file, _decoded(text, file), include)
    except Invalid as invalid:
        return [], list(invalid.problems)
    return list(building.documents()), building.problems


def contents(path: str, shown: str) -> bytes:
    """Return what a file holds; raises `Invalid` for one that cannot be read or is too large (and is not read)."""
    try:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  (a third of the time of Path.open)
            if os.fstat(stream.fileno()).st_size > MAX_BYTES:
                raise Invalid([_too_large(shown)])
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        told = (error.strerror or "unreadable").lower()
        raise Invalid([Problem(Source(shown), f"the file cannot be read: {told}")]) from None


def text_of(path: str, shown: str) -> Document:
    r"""Return a file that is no YAML as one text, line ends as `\n`; raises `Invalid` where it is not UTF-8."""
    return Document.of_text(_decoded(contents(path, shown), shown).replace("\r\n", "\n"), shown)


def _too_large(file: str) -> Problem:
    """Return what a file gets that is no manifest by its size alone."""
    told = f"the file is larger than {MAX_BYTES // 1_000_000} MB and was not read"
    return Problem(Source(file), told, "split it into several files")


def _decoded(text: str | bytes, file: str) -> str:
    """Return the text of UTF-8 without a byte order mark; raises `Invalid` at the first byte that is none."""
    if len(text) > MAX_BYTES:
        raise Invalid([_too_large(file)])
    if isinstance(text, bytes):
        text = _from_utf8(text, file)
    if text.startswith("\ufeff"):
        hint = "save it as UTF-8 without one"
        raise Invalid([Problem(Source(file), "the file begins with a byte order mark", hint)])
    return text


def _from_utf8(text: bytes, file: str) -> str:
    """Return the text of UTF-8; raises `Invalid` at the first byte that is none."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid([Problem(Source(file), "the file is UTF-16, not UTF-8", "save it as UTF-8")])
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        place = _end(text[: error.start].decode(), file)
        told = f"byte 0x{text[error.start]:02x} is not UTF-8"
        raise Invalid([Problem(place, told, "save the file as UTF-8")]) from None


def _end(text: str, file: str) -> Source:
    """Return the place right behind a text."""
    lines = _LINE.split(text)
    return Source(file, len(lines), len(lines[-1]) + 1)


_LINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What libyaml takes for the end of a line (YAML 1.1, 4.2); marks count by it."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no YAML may hold (1.2, 5.1: `c-printable`)."""

_CONSTANTS = {
    text: value
    for value, names in {
        None: ("", "~", "null", "Null", "NULL"),
        True: ("true", "True", "TRUE"),
        False: ("false", "False", "FALSE"),
    }.items()
    for text in names
}
_NUMBER = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)(?P<exact>)"
    r"|0o(?P<octal>[0-7]+)|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?(?P<real>)"
    r"|[-+]?\.(?:inf|Inf|INF)(?P<infinite>)|\.(?:nan|NaN|NAN)(?P<nan>)"
)
_NUMERIC = frozenset("+-.0123456789")


class _Unusable(ValueError):
    """A scalar that YAML has and JSON has not."""


def _plain(text: str) -> Any:
    """Return what a scalar without quotes means; raises `_Unusable` where JSON has no such value."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC or not (number := _NUMBER.fullmatch(text)):
        return text
    if len(text) > MAX_SCALAR:
        raise _Unusable(f"a number of {len(text)} characters")
    match number.lastgroup:
        case "exact":
            return int(text)
        case "octal":
            return int(number["octal"], 8)
        case "hexadecimal":
            return int(number["hexadecimal"], 16)
        case "real" if math.isfinite(real := float(text)):
            return real
    raise _Unusable(f"`{text}` is not a number that JSON has")


class _Composer(_Parser):
    """The parser, with PyYAML's resolver replaced: tags are decided where values are built."""

    def resolve(self, kind: type, _value: str | None, implicit: Any) -> str:
        """Return no tag for a plain scalar, and for anything else the tag that says what stands there anyway."""
        return "" if kind is yaml.ScalarNode and implicit[0] else _TAGS[kind]

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
            raise yaml.MarkedYAMLError(problem=_DEEP, problem_mark=parent.start_mark)

    def ascend_resolver(self) -> None:
        """Come back up."""
        self.depth -= 1


def _could_be_deep(text: str) -> bool:
    """Tell whether the text could be nested deeper than a stack bears.

    Each level takes a bracket, or begins further right than the one around it; only a list may begin in the
    column of the mapping that it belongs to. So brackets and twice the longest line are a bound.
    """
    brackets = text.count("[") + text.count("{")
    return brackets + 2 * max(map(len, text.split("\n"))) > _SAFE_DEPTH


_SAFE_DEPTH = 5_000
"""Levels that the usual 8 MB of stack bear twice over."""
_DEEP = f"lists and mappings are nested more than {MAX_DEPTH} deep"


class _Building:
    """Builds the documents of one file, and collects what is wrong with it."""

    def __init__(self, file: str, text: str, include: Included | None) -> None:
        self.file, self.text, self.include = file, text, include
        self.problems: list[Problem] = []
        self.begin()

    def begin(self) -> None:
        """Forget the document before."""
        self.marks: list[int] = []
        self.grafts: dict[int, Document] = {}
        self.sizes: dict[yaml.Node, int] = {}
        self.aliased = self.depth = 0

    def documents(self) -> Iterator[Document]:
        """Yield what holds a value, up to a syntax error."""
        try:
            composer = (_WaryComposer if _could_be_deep(self.text) else _Composer)(self.text)
            while composer.check_node():
                root = composer.get_node()
                assert root is not None
                if not (root.value or root.tag):
                    continue
                self.begin()
                value = self.value(root)
                yield Document(value, self.file, array("I", self.marks), self.grafts)
        except (yaml.reader.ReaderError, UnicodeEncodeError):
            self.problems.extend(self.unprintable())
        except yaml.MarkedYAMLError as error:
            self.problems.append(_syntax(error, self.text, self.file))

    def unprintable(self) -> Iterator[Problem]:
        """Yield the first character that no YAML may hold: PyYAML tells its offset only."""
        found = _UNPRINTABLE.search(self.text)
        assert found
        told = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        yield Problem(_end(self.text[: found.start()], self.file), told, "write it as an escape in double quotes")

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
            raise yaml.MarkedYAMLError(problem=_DEEP, problem_mark=mark)
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
        elif node.value in _CONSTANTS or node.value[0] in _NUMERIC:
            self.check_key(node)
        return str(node.value)

    def check_key(self, node: yaml.ScalarNode) -> None:
        """Report a plain key that means a number, a truth value or nothing."""
        try:
            is_text = isinstance(_plain(node.value), str)
        except _Unusable:
            is_text = False
        if not is_text:
            self.report(node, f"a key must be text: `{node.value}` is not", f'write it in quotes: "{node.value}"')

    def scalar(self, node: yaml.ScalarNode) -> Any:
        """Return what a scalar means."""
        text = node.value
        if node.tag:
            return text if node.tag == _TEXT else self.tagged(node)
        try:
            return _plain(text)
        except _Unusable as problem:
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
        if tag != _TAGS[type(node)]:
            name = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
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


_STANDARD = "tag:yaml.org,2002:"
_TEXT = _STANDARD + "str"
_TAGS: dict[type, str] = {
    yaml.ScalarNode: _TEXT,
    yaml.SequenceNode: _STANDARD + "seq",
    yaml.MappingNode: _STANDARD + "map",
}

_QUOTES = "put a text that holds `: ` in quotes, and check the indentation"


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    """Return a syntax error in words that tell what to do; the parsers' own where they are clear enough."""
    lines = _LINE.split(text)
    here, opening = _inside(error.problem_mark, lines, file), _inside(error.context_mark, lines, file)
    at, opener = (lines[place.line - 1][place.column - 1 :][:1] for place in (here, opening))
    is_end = not at and not "".join(lines[here.line :]).strip()
    context, problem = error.context or "", error.problem or "this cannot be read"
    if is_end and ("flow" in context or "quoted" in context):
        told = f"`{opener}` is never closed" if opener else "the text ends within a list or a mapping"
        return Problem(opening, told, "" if opener else "close every bracket")
    if "simple key" in context:
        return Problem(opening, "a key needs `: ` behind it", _QUOTES)
    said = f"{context}: {problem}"
    words = next((words for part, words in _SAID.items() if part in said), None)
    if words is None:
        return Problem(here, problem)
    if at == "\t":
        words = _TAB
    message, hint = words
    return Problem(here, message.format(at=at), hint.format(opener=opener, line=opening.line))


_TAB = ("a tab cannot indent", "indent with spaces")
_SAID = {
    "cannot start any token": ("`{at}` cannot begin a value", "put the text in quotes"),
    "tab character": _TAB,
    "mapping values are not allowed": ("`: ` cannot stand here", _QUOTES),
    "sequence entries are not allowed": ("a list cannot begin here", "begin it on a line of its own"),
    "undefined alias": ("this alias has no anchor", ""),
    "duplicate anchor": ("this anchor is already set", "the first stands in line {line}"),
    "a flow ": ("`,` or a closing bracket is missing", "`{opener}` stands in line {line}"),
    "a block ": (
        "this fits nothing above it",
        "check the indentation; what it could belong to begins at line {line}",
    ),
    "tag handle": ("a tag is not allowed here", "leave it out"),
    _NO_CHARACTER: ("this is an escape of no character", "put the character itself in the quotes"),
    "unknown escape": ("this is no escape of YAML", "write a backslash as `\\\\`, or use single quotes"),
}
"""What both parsers say, by a part of their words, and how it is told here."""


def _inside(mark: yaml.Mark | None, lines: list[str], file: str) -> Source:
    """Return the place of a mark, drawn back into the text: parsers point one line beyond its end."""
    if mark is None:
        return Source(file)
    line = min(mark.line, len(lines) - 1)
    column = mark.column if line == mark.line else len(lines[line])
    return Source(file, line + 1, min(column, len(lines[line])) + 1)
