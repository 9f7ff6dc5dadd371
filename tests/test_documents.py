"""YAML text becomes plain values that know their place, or problems that say what to type."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some

from reconciler import documents
from reconciler.documents import Document, load, scalars
from reconciler.errors import Invalid, Problem
from reconciler.model import Source

JSON_LIKE = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(10**30), 10**30)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)


class Dumper(yaml.SafeDumper):
    """PyYAML writes for YAML 1.1, where `1e3` and `0o14` are text: here they are numbers, and so need quotes."""


Dumper.add_implicit_resolver("tag:yaml.org,2002:float", scalars.NUMBER, list("-+.0123456789"))


def dump(written: Any, *, flow: bool = False) -> str:
    """Return a value as YAML."""
    return str(yaml.dump(written, Dumper=Dumper, default_flow_style=flow))


def value(text: str) -> Any:
    """Return the value of a text's only document."""
    (document,) = load(text, "a.yaml")
    return document.value


def refused(text: str | bytes) -> str:
    """Return what a person reads of a text that cannot be read."""
    with pytest.raises(Invalid) as refusal:
        load(text, "a.yaml")
    return str(refusal.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T09:12:00Z", "2026-11-20T09:12:00Z"),
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("012", "012"),
        ("01.5", "01.5"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("=", "="),
        ("-", [None]),
        ("", None),
        ("~", None),
        ("null", None),
        ("TRUE", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("+3", 3),
        ("0o14", 12),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(written: str, meant: Any) -> None:
    """Dates and Norway stay text; numbers, truth values and null are those of the core schema."""
    found = value(f"a:\n  {written}\n")["a"]

    assert (found, type(found)) == (meant, type(meant))


def test_every_value_knows_its_place() -> None:
    """A path leads to the line and column where the value begins, and to those of its key."""
    (document,) = load("# first\nspec:\n  name: x\n  updates:\n    - {id: a, message: b}\n    - id: c\n", "a.yaml")

    assert document.source == Source("a.yaml", 2, 1)
    assert document.at("spec", "name") == Source("a.yaml", 3, 9)
    assert document.key_at("spec", "name") == Source("a.yaml", 3, 3)
    assert document.at("spec", "updates", 0, "message") == Source("a.yaml", 5, 24)
    assert document.key_at("spec", "updates", 0, "message") == Source("a.yaml", 5, 15)
    assert document.at("spec", "updates", 1) == Source("a.yaml", 6, 7)
    assert document.key_at("spec", "updates", 1) == Source("a.yaml", 6, 7)


def test_a_path_that_leads_nowhere_ends_at_what_was_written() -> None:
    """The place of something missing is that of the nearest value around it."""
    (document,) = load("spec:\n  updates:\n    - id: a\n", "a.yaml")

    assert document.at("spec", "updates", 0, "message") == Source("a.yaml", 3, 7)
    assert document.at("spec", "updates", 7, "id") == Source("a.yaml", 3, 5)
    assert document.key_at("spec", "name") == Source("a.yaml", 2, 3)
    assert document.at("spec", "updates", "id") == Source("a.yaml", 3, 5)


def test_documents_of_nothing_but_comments_are_none() -> None:
    """Empty files and separators around comments declare nothing."""
    found = load("# a\n---\n# b\n---\nx: 1\n---\n", "a.yaml")

    assert [document.value for document in found] == [{"x": 1}]
    assert load("", "a.yaml") == load("# only this\n", "a.yaml") == []


def test_each_document_of_a_file_counts_lines_from_its_beginning() -> None:
    """The second document's places are places in the file, not in the document."""
    _, second = load("a: 1\n---\nb: 2\n", "a.yaml")

    assert second.at("b") == Source("a.yaml", 3, 4)


def test_an_alias_is_the_value_of_its_anchor() -> None:
    """Aliases work, and the siblings behind them keep their places."""
    (document,) = load("a: &x {k: [1, 2]}\nb: *x\nc: {d: 1}\n", "a.yaml")

    assert document.value["b"] == {"k": [1, 2]}
    assert document.at("b", "k", 1) == Source("a.yaml", 1, 15)
    assert document.at("c", "d") == Source("a.yaml", 3, 8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\t- b", "a.yaml:2:1: a tab cannot indent\nhint: indent with spaces"),
        (
            "name: x: y",
            "a.yaml:1:8: `: ` cannot stand here\nhint: put a text that holds `: ` in quotes, and check the indentation",
        ),
        ("a: 'x", "a.yaml:1:4: `'` is never closed"),
        ("a: [b, {c: d}\n", "a.yaml:1:4: `[` is never closed"),
        ("a: [", "a.yaml:1:5: the text ends within a list or a mapping\nhint: close every bracket"),
        ("a: [b\nc: d", "a.yaml:2:2: `,` or a closing bracket is missing\nhint: `[` stands in line 1"),
        ("a: @x", "a.yaml:1:4: `@` cannot begin a value\nhint: put the text in quotes"),
        (
            'a: "\\ud800"',
            "a.yaml:1:7: this is an escape of no character\nhint: put the character itself in the quotes",
        ),
        ("a: *x", "a.yaml:1:4: this alias has no anchor"),
        ("a: &x 1\nb: &x 2", "a.yaml:2:4: this anchor is already set\nhint: the first stands in line 1"),
        ("a: - b", "a.yaml:1:4: a list cannot begin here\nhint: begin it on a line of its own"),
        (
            "a:\n  - b\n c: d\n",
            (
                "a.yaml:3:2: this fits nothing above it\n"
                "hint: check the indentation; what it could belong to begins at line 1"
            ),
        ),
        (
            'a: "\\q"',
            "a.yaml:1:5: this is no escape of YAML\nhint: write a backslash as `\\\\`, or use single quotes",
        ),
        ("a: 1\na: 2", "a.yaml:2:1: `a` is already set in this mapping\nhint: keep one of the two"),
        ("{1: a}", 'a.yaml:1:2: a key must be text: `1` is not\nhint: write it in quotes: "1"'),
        ("{null: a}", 'a.yaml:1:2: a key must be text: `null` is not\nhint: write it in quotes: "null"'),
        ("? [a]\n: b", "a.yaml:1:3: a key must be text, not a list or a mapping"),
        (
            "a: &x {}\nb: {<<: *x}",
            "a.yaml:2:5: `<<` does not merge in YAML 1.2\nhint: write the keys out, or `!include` what is shared",
        ),
        ("a: .inf", "a.yaml:1:4: `.inf` is not a number that JSON has\nhint: put it in quotes if it is a text"),
        ("a: .nan", "a.yaml:1:4: `.nan` is not a number that JSON has\nhint: put it in quotes if it is a text"),
        ("a: 1e999", "a.yaml:1:4: `1e999` is not a number that JSON has\nhint: put it in quotes if it is a text"),
        ("a: " + "9" * 5000, "a.yaml:1:4: a number of 5000 characters\nhint: put it in quotes if it is a text"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "a.yaml:1:4: the tag `!!python/object/apply:os.system` is not allowed here\nhint: leave it out",
        ),
        ("a: !!binary eA==", "a.yaml:1:4: the tag `!!binary` is not allowed here\nhint: leave it out"),
        ("a: !include b.yaml", "a.yaml:1:4: the tag `!include` is not allowed here\nhint: leave it out"),
        (
            "a: b\nc: \x00",
            "a.yaml:2:4: the character U+0000 is not allowed in YAML\nhint: write it as an escape in double quotes",
        ),
        (
            "a: \ud800",
            "a.yaml:1:4: the character U+D800 is not allowed in YAML\nhint: write it as an escape in double quotes",
        ),
        (b"a: b\nc: \xe4", "a.yaml:2:4: byte 0xe4 is not UTF-8\nhint: save the file as UTF-8"),
        (b"\xff\xfea\x00", "a.yaml:1:1: the file is UTF-16, not UTF-8\nhint: save it as UTF-8"),
        (
            b"\xef\xbb\xbfa: b",
            "a.yaml:1:1: the file begins with a byte order mark\nhint: save it as UTF-8 without one",
        ),
        ("a: &x [*x]", "a.yaml:1:4: an alias in here stands for what it is part of"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text: str | bytes, told: str) -> None:
    """Whatever a person gets wrong in YAML is answered with the line, the reason and what to do."""
    assert refused(text) == told


def test_all_problems_of_a_file_are_told_at_once() -> None:
    """One run of the program shows each of them, up to a syntax error."""
    told = refused("a: 1\na: .inf\nb: !x y\n---\n1: c\n---\nd: 'e")

    assert [line.split(": ")[0] for line in told.splitlines() if not line.startswith("hint")] == [
        "a.yaml:2:1",
        "a.yaml:2:4",
        "a.yaml:3:4",
        "a.yaml:5:1",
        "a.yaml:7:4",
    ]


def test_the_rest_of_a_document_with_problems_can_still_be_checked() -> None:
    """A key that stands there twice leaves the first value, and the places of all others."""
    (document,), problems = documents.parse("a: 1\na: {x: [1, 2]}\nb: {c: 3}\n", "a.yaml")

    assert document.value == {"a": 1, "b": {"c": 3}}
    assert document.at("b", "c") == Source("a.yaml", 3, 8)
    assert [str(problem.source) for problem in problems] == ["a.yaml:2:1"]


def test_an_include_behind_a_repeated_key_leaves_no_trace() -> None:
    """What a refused value included does not stand for the values behind it."""
    (document,), _ = documents.parse(
        "a: 1\na: [!include x.md]\nb: [2, 3]\n", "a.yaml", lambda text, _: Document.of_text("text", text)
    )

    assert document.at("b", 0) == Source("a.yaml", 3, 5)
    assert document.at("b", 1) == Source("a.yaml", 3, 8)


def test_a_billion_laughs_end_early() -> None:
    """What aliases repeat is counted before it is repeated."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 10)]
    told = refused("\n".join(lines))

    assert told == "a.yaml:3:5: aliases repeat more than 10,000 values in this document"


@pytest.mark.parametrize("unit", ["[", "- ", "? ", "{a: ", "- ? ", "!!seq ["])
def test_depth_has_a_limit_and_the_process_lives(unit: str) -> None:
    """The C parser would recurse until the stack ends; the limit stops before it."""
    reading = f"from reconciler.documents import load\nload({unit!r} * 100_000, 'a.yaml')"
    run = subprocess.run([sys.executable, "-c", reading], capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "lists and mappings are nested more than 64 deep" in run.stderr


def test_sixty_four_levels_are_fine() -> None:
    """The limit is where it says it is."""
    assert value("[" * 64 + "]" * 64)
    assert "64 deep" in refused("[" * 65 + "]" * 65)


def test_a_file_of_50_mb_is_refused_unread(tmp_path: Any) -> None:
    """The size decides, before a byte is parsed."""
    path = tmp_path / "big.yaml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)

    with pytest.raises(Invalid) as refusal:
        documents.contents(str(path), "big.yaml")

    told = "big.yaml:1:1: the file is larger than 10 MB and was not read\nhint: split it into several files"
    assert str(refusal.value) == told


def test_what_is_included_knows_its_own_file() -> None:
    """The places of included values are places in the file that holds them, however deep."""

    def include(text: str, place: Source) -> Document:
        assert place == Source("a.yaml", 2, 6)
        return load("# shared\nlead: [alice, bob]\n", text)[0]

    (document,) = load("a: 1\nb:   !include roles.yaml\nc: 2\n", "a.yaml", include)

    assert document.value == {"a": 1, "b": {"lead": ["alice", "bob"]}, "c": 2}
    assert document.at("b", "lead", 1) == Source("roles.yaml", 2, 15)
    assert document.key_at("b", "lead") == Source("roles.yaml", 2, 1)
    assert document.key_at("b") == Source("a.yaml", 2, 1)
    assert document.at("c") == Source("a.yaml", 3, 4)


def test_an_include_that_fails_is_one_problem_among_others() -> None:
    """What the include says is collected with the rest of the file's problems."""

    def include(_text: str, place: Source) -> Document:
        raise Invalid([Problem(place, "there is no such file")])

    with pytest.raises(Invalid) as refusal:
        load("a: !include b\nc: .inf\n", "a.yaml", include)

    assert [problem.source.line for problem in refusal.value.problems] == [1, 2]


def test_the_parser_in_python_says_the_same() -> None:
    """Without libyaml everything works, only slower: same values, same places, same words."""
    script = (
        "import sys; sys.modules['yaml.cyaml'] = None\n"
        "from reconciler import documents\n"
        "from reconciler.documents.parser import Parser\n"
        "assert Parser.__module__ == 'reconciler.documents.parser'\n"
        "(document,) = documents.load('a: [1, {b: no}]\\nc: |\\n  x\\n', 'a.yaml')\n"
        "print(document.value, document.at('a', 1, 'b'))\n"
        "for text in ('a:\\n\\t- b', '\"\\\\UFFFFFFFF\"', '\"\\\\ud800\"', '*{',\n"
        "    'a: [b', 'a: b: c', '[' * 9000, 'a: \\0', 'a: 1\\na: 2'):\n"
        "    print(documents.parse(text, 'a.yaml')[1][0].message)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == [
        "{'a': [1, {'b': 'no'}], 'c': 'x\\n'} a.yaml:1:12",
        "a tab cannot indent",
        "this is an escape of no character",
        "this is an escape of no character",
        "expected alphabetic or numeric character, but found '{'",
        "`[` is never closed",
        "`: ` cannot stand here",
        "lists and mappings are nested more than 64 deep",
        "the character U+0000 is not allowed in YAML",
        "`a` is already set in this mapping",
    ]


@settings(deadline=None)
@given(JSON_LIKE, some.booleans())
def test_what_yaml_writes_is_read_back_the_same(written: Any, flow: bool) -> None:
    """Values that JSON has survive a round trip, whatever their texts look like."""
    found = load(dump(written, flow=flow), "a.yaml")

    assert [document.value for document in found] == [written]


@settings(deadline=None)
@given(some.dictionaries(some.text(), JSON_LIKE, min_size=1, max_size=4))
def test_every_place_points_into_the_text(written: dict[str, Any]) -> None:
    """No path leads to a line or a column that the file does not have, and elder values come first."""
    text = dump(written)
    (document,) = load(text, "a.yaml")
    lines = text.split("\n")
    places = [place for name in written for place in (document.key_at(name), document.at(name))]

    assert all(1 <= place.line <= len(lines) for place in places)
    assert all(1 <= place.column <= len(lines[place.line - 1]) + 1 for place in places)
    assert [document.key_at(name) for name in document.value] == sorted(map(document.key_at, document.value))


@settings(deadline=None)
@given(some.text() | some.binary() | some.text(alphabet="ab:-[]{}#&*!|>'\"%@` \n\t\\0.~?,<"))
def test_no_input_gives_anything_but_documents_or_problems(text: str | bytes) -> None:
    """Whatever the bytes, the answer is documents, or problems whose places lie in the text."""
    found, problems = documents.parse(text, "a.yaml")
    lines = (text if isinstance(text, str) else text.decode(errors="replace")).count("\n") + 1

    assert all(isinstance(document, Document) for document in found)
    assert all(problem.message and problem.source.line >= 1 for problem in problems)
    if "\r" not in str(text) and isinstance(text, str) and not set(text) & set("\x85\u2028\u2029\r"):
        assert all(problem.source.line <= lines for problem in problems)
