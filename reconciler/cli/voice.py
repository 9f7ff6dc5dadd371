"""All that a command says besides data in; lines on stderr out: words for people, or an object of JSON each."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from reconciler import environment, secrecy
from reconciler.cli.streams import by_line, hiding
from reconciler.cli.way import Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.api import Exchange
    from reconciler.model import Outcome
    from reconciler.render.log import Log

TEXT, JSON = "text", "json"
DETAILED = 2
"""How often -v is said for headers and bodies."""
_VERBOSE = re.compile(r"-(v+)")
_SAID = re.compile(r"(error|warning|hint): ")
_LEVELS = {"error": "error", "warning": "warning"}


class Voice:
    """What is said on stderr, and how; it and stdout show no secret.

    Made from the arguments before they are checked: what is wrong with them is told in the form that they ask for.
    """

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self.form = JSON if _asks_for_json(arguments) else TEXT
        self.verbosity = sum(len(found[1]) for each in arguments if (found := _VERBOSE.fullmatch(each)))
        self.verbosity += list(arguments).count("--verbose")
        self._shows_private = "--show-private" in arguments
        self._secrets: secrecy.Secrets | None = None
        self._stderr = sys.stderr
        self.way = Way()
        """How a command that is named to a person reaches what this run did."""

    @property
    def is_json(self) -> bool:
        """Return whether each line is an object of JSON."""
        return self.form == JSON

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Let everything that is written to stdout and stderr meanwhile pass through here."""
        before = sys.stdout, sys.stderr
        self._stderr = hiding(sys.stderr, self.hide)
        lines = by_line(self._stderr, self._said)
        sys.stdout, sys.stderr = hiding(sys.stdout, self.hide), lines if self.is_json else self._stderr
        try:
            yield
        finally:
            with suppress(OSError):
                lines.close_line()  # type: ignore[attr-defined]
            sys.stdout, sys.stderr = before

    def hide(self, text: str) -> str:
        """Return a text without the secrets that are known."""
        if self._secrets is None:
            self._secrets = secrecy.of(environment.variables())
        return self._secrets.hide(text)

    def keep(self, keys: Iterable[str]) -> None:
        """Learn of keys that are not in the environment, before anything can tell them."""
        self._secrets = secrecy.of(environment.variables()).with_keys(keys)

    def event(self, event: str, level: str, message: str = "", **facts: Any) -> None:
        """Write one line of JSON; facts that are None are left out."""
        told = {"time": datetime.now(UTC).isoformat(), "level": level, "event": event}
        told |= {"message": message} if message else {}
        told |= {name: value for name, value in facts.items() if value is not None}
        # In one piece: several threads speak.
        self._stderr.write(json.dumps(told, ensure_ascii=True, default=str) + "\n")
        self._stderr.flush()

    def exchange(self, exchange: Exchange) -> None:
        """Tell one try of a request."""
        if self.is_json:
            self.event("request", "debug", **self._log.facts(exchange))
        else:
            sys.stderr.write(self._log.text(exchange) + "\n")

    def outcome(self, outcome: Outcome) -> None:
        """Tell what became of a change, as a line of JSON."""
        from reconciler.model import Done  # noqa: PLC0415  (flags are told without reading anything)
        from reconciler.render import as_json  # noqa: PLC0415

        told = {name: value for name, value in as_json.outcome(outcome).items() if value}
        self.event("outcome", "info" if isinstance(outcome, Done) else "error", told.pop("message", ""), **told)

    @cached_property
    def _log(self) -> Log:
        from reconciler.render.log import Log  # noqa: PLC0415  (see above)

        shows = self._shows_private or self._stderr.isatty()
        return Log(is_detailed=self.verbosity >= DETAILED, shows_private=shows)

    def _said(self, line: str) -> None:
        """Make an object of JSON of a line that was written for people."""
        if not line.strip():
            return
        kind = found[1] if (found := _SAID.match(line)) else ""
        self.event(kind or "note", _LEVELS.get(kind, "info"), line.removeprefix(f"{kind}: ") if kind else line)


def voice() -> Voice:
    """Return the voice of the command that runs; one for people where none does."""
    context = click.get_current_context(silent=True)
    return (context.find_object(Voice) if context else None) or Voice()


def _asks_for_json(arguments: Sequence[str]) -> bool:
    return f"--log-format={JSON}" in arguments or ("--log-format", JSON) in pairwise(arguments)
