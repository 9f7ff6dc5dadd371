"""`docs/guarantees.md` names the tests that hold each promise: they exist, and no promise of the README is left out."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests import readme
from tests.processes import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
TEXT = PAGE.read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
FILES = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py|/))`", TEXT)))


@cache
def _tests(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_every_test_on_the_page_exists(file: str, name: str) -> None:
    """Under the name and in the file that the page says."""
    assert name in _tests(file)


@pytest.mark.parametrize("path", FILES)
def test_every_file_on_the_page_exists(path: str) -> None:
    """A file or a folder of tests."""
    assert (ROOT / path).exists()


def test_every_section_names_its_tests() -> None:
    """A promise that nothing holds would be a wish."""
    sections = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    promises = [section for section in sections if section.startswith("Promise")]

    without = [section.splitlines()[0] for section in promises if "`tests/" not in section]

    assert promises
    assert without == []


def test_the_page_has_every_promise_of_the_readme() -> None:
    """In the same words: what is bold in the README's list is the name of a section."""
    told = readme.section("What you can count on")
    promised = re.findall(r"^- \*\*(.+?)\.?\*\*", told, flags=re.MULTILINE)

    missing = [name for name in promised if not re.search(rf"^## Promise \d+: {re.escape(name)}$", TEXT, re.MULTILINE)]

    assert promised
    assert missing == []
