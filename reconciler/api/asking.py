"""One request without a key in, the JSON of its answer out: how a sandbox is asked about itself."""

from __future__ import annotations

from typing import Any

import httpx

from reconciler.api.address import read
from reconciler.api.excerpt import harmless
from reconciler.errors import AnswerLost, Misused, Unavailable, Unreachable


def ask(
    base_url: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    transport: httpx.BaseTransport | None = None,
    timeout: float = 30.0,
) -> Any:
    """Send one request, which carries no key, and return what its answer says.

    Raises `Misused` where the address is none, what answers there is no sandbox, or the sandbox refuses what is asked;
    `Unreachable` where nothing answers, `AnswerLost` where the answer breaks off, `Unavailable` where it fails.
    """
    url = read(base_url)
    try:
        # Proxies of the environment are not asked: a sandbox is on this machine or beside it.
        with httpx.Client(base_url=url, transport=transport, timeout=timeout, trust_env=False) as http:
            answer = http.request(method, path, json=body)
    except httpx.TransportError as error:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            hint = "`reconciler sandbox serve` starts a sandbox; --base-url says where it is, --data or --sandbox which"
            raise Unreachable(method, path, f"nothing answers at {harmless(base_url)}", hint=hint) from None
        raise AnswerLost(method, path, "the answer did not arrive whole") from None
    return _told(method, path, answer, base_url)


def _told(method: str, path: str, answer: httpx.Response, base_url: str) -> Any:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Misused(f"what answers at {harmless(base_url)} is no sandbox", "`reconciler sandbox serve` starts one")
    if answer.is_success:
        return told
    found = told.get("errors") if isinstance(told.get("errors"), list) else []
    reasons = [harmless(str(error.get("message", ""))) for error in found or () if isinstance(error, dict)]
    message = "; ".join(reasons) or f"{answer.status_code} without a reason"
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise Misused(f"{harmless(base_url)} leads into the API of a sandbox, not to the sandbox", "leave its path out")
    if answer.is_client_error:
        raise Misused(message)
    hint = "check the file and the disk that hold its data"
    raise Unavailable(method, path, message, status=answer.status_code, hint=hint)
