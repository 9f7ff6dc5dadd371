"""A text in, the same on stdout or stderr out: whatever it holds, it moves no cursor and forges no line."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.voice import voice


def tell(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Write a text, its control characters as escapes; only its own line breaks break lines.

    What stderr tells is for people: a command in it reaches what this run did.
    """
    from reconciler.render.words import visible  # noqa: PLC0415  (flags are told without it)

    text = voice().way.typed(text) if err else text
    click.echo("\n".join(map(visible, text.split("\n"))), err=err, nl=nl)


def tell_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value as JSON, on one line where `indent` is None."""
    from reconciler.render.words import as_json  # noqa: PLC0415  (see above)

    click.echo(as_json(value, indent))
