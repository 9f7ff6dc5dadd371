from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

from reconciler.cli import front
from reconciler.cli.commands import reconciler

PACKAGE = Path(front.__file__).parents[1]
COMMAND = re.compile(r"(?:`|^  |: )reconciler(?P<words>(?: [^`\n;,|>&]+)?)", re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
STARTER = ("github.yml", "gitlab.yml")
FOREIGN = {"--upgrade"}
"""Flags of other programs that messages name."""


def texts() -> list[tuple[str, str]]:
    """Return every text of the package with its place, docstrings left out; a value filled in reads as ` X `."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            place = f"{file.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}"
            match node:
                case ast.JoinedStr():
                    told = "".join(str(part.value) if isinstance(part, ast.Constant) else " X " for part in node.values)
                    found.append((place, told))
                case ast.Constant(value=str() as told) if id(node) not in docstrings | parts:
                    found.append((place, told))
    found += [(name, (PACKAGE / "cli/starter" / name).read_text()) for name in STARTER]
    return found


def command_of(words: str) -> tuple[click.Command | None, list[str]]:
    """Return the command that words name, and the flags behind it."""
    command: click.Command | None = reconciler
    context = click.Context(reconciler)
    for word in words.split():
        # What is written large, or filled in, stands for something else.
        if isinstance(command, click.Group) and word.isalpha() and word.islower():
            command = command.get_command(context, word)
    return command, FLAG.findall(words)


MENTIONS = [(place, found["words"]) for place, text in texts() for found in COMMAND.finditer(text)]


def test_messages_name_commands() -> None:
    """This test would notice if it no longer found any."""
    words = {words.split()[0] for _, words in MENTIONS if words.split()}

    assert {"init", "plan", "apply", "validate", "state"} <= words


@pytest.mark.parametrize(("place", "words"), MENTIONS, ids=[f"{place} {words}" for place, words in MENTIONS])
def test_no_message_names_a_command_that_does_not_exist(place: str, words: str) -> None:
    """Whoever types what a message says gets what it promised."""
    del place
    command, flags = command_of(words)

    assert command is not None
    known = {flag for option in command.params for flag in option.opts} | {"--help", "--version"}
    assert set(flags) <= known


def test_no_message_names_a_flag_that_no_command_has() -> None:
    """A flag in a hint is one that can be typed."""
    context = click.Context(reconciler)
    commands = [reconciler.get_command(context, name) for name in reconciler.list_commands(context)]
    below = [one for group in commands if isinstance(group, click.Group) for one in group.commands.values()]
    known = {flag for one in (*commands, *below) if one for option in one.params for flag in option.opts}
    named = {flag for place, text in texts() if place not in STARTER for flag in FLAG.findall(text)}

    assert named - known - FOREIGN - {"--help", "--version"} == set()
