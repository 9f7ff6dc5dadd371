"""A long search for a request that the sandbox cannot bear: `python -m tests.fuzz --examples 100000 --seed 7`.

Requests are drawn from the published document for every operation that the sandbox serves: as documented, wrong in one
place, and nonsense; then messages that are no decent HTTP for a sandbox on a port. Whatever is sent, the answer is one
that the document has, and never a 500. It ends with 1 at the first that is not, and shows it; the same seed draws the
same requests. A small part of the same search is among the tests, in `tests/sandbox/test_fuzz.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from reconciler.sandbox import Behaviour
from tests import fuzz_wire
from tests.contract.check import find_breaches
from tests.fuzz_account import Account, served
from tests.fuzz_requests import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.sandbox.recording import Exchange
    from tests.contract.document import Operation

ROUND = 1000
"""Requests after which a search goes on with a new sandbox and the next seed."""
PER_MESSAGE = 20
"""Requests for each message that is no decent HTTP."""
BEHAVIOURS = (
    Behaviour(),
    Behaviour("conflict", key_lifetime=0.05, rewrites=True),
    Behaviour("invalid", refuses_changed=True, post_incident_pace=0.01, long_ids=True),
    Behaviour("forget", rewrites=True, post_incident_pace=0.01),
)
"""How the sandbox behaves in one round after the other."""


class Unbearable(AssertionError):
    """A request that the sandbox could not bear, and how that shows."""

    def __init__(self, request: object, failures: Sequence[object]) -> None:
        super().__init__("\n".join(["", *map(str, failures), f"after {request}"]))


def find_failures(exchange: Exchange) -> list[str]:
    """Return how an answer shows that the sandbox could not bear the request."""
    answer = exchange.answer
    if answer is None:
        return ["the connection was dropped"]
    failures = [str(breach) for breach in find_breaches(exchange)]
    failures += [f"{answer.status}: {answer.body!r}"] if answer.status >= 500 else []
    failures += [f"a traceback: {answer.body!r}"] if b"Traceback" in answer.body else []
    return failures


def search(
    operations: Sequence[Operation], examples: int, random: int | None = None, behaviour: Behaviour | None = None
) -> None:
    """Send requests for operations to a sandbox of their own; raises Unbearable for the first that it cannot bear.

    Without a number for `random` the requests are the same each time.
    """
    named = {f"{one.method} {one.path}": one for one in operations}
    with Account(behaviour) as account:

        @given(st.data())
        def send(data: st.DataObject) -> None:
            operation = named[data.draw(st.sampled_from(sorted(named)), "operation")]
            request = data.draw(requests(operation, account), "request")
            if failures := find_failures(account.send(request)):
                raise Unbearable(request, failures)

        _run(send, examples, random)


def search_wire(examples: int, random: int | None = None) -> None:
    """Send mangled messages to a sandbox on a port; raises Unbearable for the first that it cannot bear."""
    with fuzz_wire.serving() as address:

        @given(fuzz_wire.mangled())
        def send(message: bytes) -> None:
            said = fuzz_wire.say(address, message)
            if b"Traceback" in said or said.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")):
                raise Unbearable(message, [said])

        _run(send, examples, random)
        if fuzz_wire.ask(address, fuzz_wire.DECENT) is None:
            raise Unbearable("all of this", ["the server does not answer any more"])


def _run(send: Callable[[], None], examples: int, random: int | None) -> None:
    quietly = settings(
        max_examples=examples,
        derandomize=random is None,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    quietly(send if random is None else seed(random)(send))()


def main(arguments: Sequence[str] | None = None) -> int:
    """Search for as long as it was asked to, and tell how far it is."""
    options = _read(arguments)
    operations = [one for one in served() if options.only in f"{one.method} {one.path}"]
    begin = time.monotonic()
    for done in range(0, options.examples, ROUND):
        count, number = min(ROUND, options.examples - done), options.seed + done // ROUND
        search(operations, count, number, BEHAVIOURS[number % len(BEHAVIOURS)])
        if not options.only:
            search_wire(max(1, count // PER_MESSAGE), number)
        sys.stderr.write(f"{done + count} requests, seed {number}, {time.monotonic() - begin:.0f} s\n")
    return 0


def _read(arguments: Sequence[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--examples", type=int, default=10_000, help="how many requests to send")
    parser.add_argument("--seed", type=int, default=0, help="what chance is drawn from")
    parser.add_argument("--only", default="", help="operations whose method and path hold this, such as 'POST /v2/'")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
