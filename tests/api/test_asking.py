"""How a sandbox is asked about itself."""

from __future__ import annotations

import httpx
import pytest
import respx

from reconciler.api import ask
from reconciler.errors import AnswerLost, Misused, Unavailable, Unreachable

URL = "http://sandbox.test:8484"


@respx.mock
def test_a_question_carries_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers is told nothing but the question."""
    monkeypatch.setenv("INCIDENT_API_KEY", "a-secret")
    route = respx.post(f"{URL}/_sandbox/snapshot").mock(httpx.Response(200, json={"name": "x"}))

    assert ask(URL, "POST", "/_sandbox/snapshot", {"name": "x"}) == {"name": "x"}
    assert "Authorization" not in route.calls.last.request.headers
    assert route.calls.last.request.content == b'{"name":"x"}'


@respx.mock
@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (httpx.Response(404, json={"errors": [{"message": "there is no snapshot"}]}), Misused, "there is no snapshot"),
        (httpx.Response(500, json={"errors": [{"message": "it is gone"}]}), Unavailable, "it is gone"),
        (httpx.Response(500, json={"errors": "x"}), Unavailable, "500 without a reason"),
        (httpx.Response(200, text="<html>"), Misused, "is no sandbox"),
        (httpx.Response(200, json=[]), Misused, "is no sandbox"),
        (httpx.ConnectError("refused"), Unreachable, "nothing answers at"),
        (httpx.ReadError("reset"), AnswerLost, "did not arrive whole"),
    ],
)
def test_what_goes_wrong_is_told(answer: httpx.Response | Exception, error: type[Exception], said: str) -> None:
    """Each in its own class, so that the exit code is right."""
    respx.get(f"{URL}/_sandbox/requests").mock(
        side_effect=answer if isinstance(answer, Exception) else None,
        return_value=answer if isinstance(answer, httpx.Response) else None,
    )

    with pytest.raises(error, match=said):
        ask(URL, "GET", "/_sandbox/requests")


@pytest.mark.parametrize("url", ["", "sandbox:8484", "http://", "http://a:b@c"])
def test_what_is_no_address_is_told(url: str) -> None:
    """Before anything is sent."""
    with pytest.raises(Misused):
        ask(url, "GET", "/_sandbox/requests")
