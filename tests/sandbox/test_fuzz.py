"""A small part of the search in `tests/fuzz.py`, the same in every run: the sandbox bears whatever it is sent."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import api, intake
from tests import fuzz, fuzz_wire
from tests.contract.document import PATH
from tests.fuzz_account import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.document import Operation

OPERATIONS = served() if PATH.exists() else []
EXAMPLES = 10
"""Requests for each operation."""


def _collection(operation: Operation) -> str:
    return "/".join(operation.path.split("/")[:3])


COLLECTIONS = {path: list(found) for path, found in groupby(sorted(OPERATIONS, key=_collection), _collection)}


@pytest.mark.parametrize("path", COLLECTIONS)
def test_whatever_is_asked_is_answered_as_documented(path: str) -> None:
    """Right, slightly wrong or nonsense: the answer is one that the document has, and never a 500."""
    fuzz.search(COLLECTIONS[path], EXAMPLES * len(COLLECTIONS[path]))


@pytest.mark.skipif(not PATH.exists(), reason=f"NO PUBLISHED API DOCUMENT AT {PATH}")
def test_a_sandbox_that_cannot_bear_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search finds what a broken sandbox fails at, and shows the request."""
    read_body = intake.read_body

    def fail_sometimes(*request: Any) -> dict[str, Any]:
        body = read_body(*request)
        if body.get("description") == "":
            raise KeyError("broken on purpose")
        return body

    monkeypatch.setattr(api, "read_body", fail_sometimes)
    severities = [one for one in OPERATIONS if (one.method, one.path) == ("POST", "/v1/severities")]

    with pytest.raises(fuzz.Unbearable, match=r'(?s)500: .*"internal_error".*"description": ""'):
        fuzz.search(severities, 300)


@pytest.fixture(scope="module")
def server() -> Iterator[fuzz_wire.Address]:
    """A sandbox on a port, which in the end has nothing to complain of and stops when it is told to."""
    with fuzz_wire.serving() as address:
        yield address


@pytest.mark.parametrize("name", fuzz_wire.WHOLE)
def test_a_message_that_is_no_decent_http_is_answered_or_hung_up_on(server: fuzz_wire.Address, name: str) -> None:
    """Whatever bytes come over the port, nobody waits for ever, sees a traceback, or harms who comes next."""
    answer = fuzz_wire.ask(server, fuzz_wire.WHOLE[name])

    assert answer is None or (answer[0] < 500 or answer[0] == 501, b"Traceback" in answer[1]) == (True, False)
    assert _is_well(server)


@pytest.mark.parametrize("name", fuzz_wire.TORN)
def test_a_client_that_goes_away_harms_nobody(server: fuzz_wire.Address, name: str) -> None:
    """In the middle of whatever a client stops, its connection is closed, and the next one is served."""
    fuzz_wire.say(server, fuzz_wire.TORN[name])

    assert _is_well(server)


def test_mangled_messages_harm_nobody() -> None:
    """Bytes replaced, left out, doubled and misplaced: no traceback, no 500, and the server goes on."""
    fuzz.search_wire(100)


def _is_well(server: fuzz_wire.Address) -> bool:
    answer = fuzz_wire.ask(server, fuzz_wire.DECENT)
    return answer is not None and answer[0] == 200


@pytest.mark.skipif(not PATH.exists(), reason=f"NO PUBLISHED API DOCUMENT AT {PATH}")
def test_the_long_search_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """It tells how far it is, and the seed with which this part of it can be had again."""
    code = fuzz.main(["--examples", "5", "--seed", "7", "--only", "GET /v1/identity"])

    assert code == 0
    assert capsys.readouterr().err.startswith("5 requests, seed 7, ")
