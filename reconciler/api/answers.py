"""One HTTP response in, what it means out: an answer, a refusal, or a trouble that may pass."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.api.excerpt import first_line, harmless
from reconciler.api.moments import asked_pause, date, retry_after
from reconciler.api.refusals import kind_of_refusal, read_faults, reason
from reconciler.api.retry import Cause, Trouble
from reconciler.errors import ApiError, Redirected

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reconciler.secrecy import Secrets

NO_ANSWER_OF_THE_API = "this was no answer of incident.io: check the proxy settings and --base-url"

_ESCAPED = re.compile(r"\\u00[2-7]|\\[/\"\\]")
# Deletions answer 202 or 204, and have nothing to say.
_MAY_BE_EMPTY = frozenset({202, 204, 205})


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx: its JSON object as it came, `{}` where there is none to expect.

    `request_id` is empty where none was given; `at` is the answer's own `Date`, in UTC. Where the account's own data
    held the key, `[key]` stands in its place, and `is_whole` is false: such a body must not be sent back.
    """

    status: int
    body: dict[str, Any]
    request_id: str
    at: datetime | None
    is_whole: bool = True


def read(
    method: str, path: str, response: httpx.Response, secrets: Secrets, now: datetime
) -> Answer | Trouble | ApiError:
    """Return what a response that arrived whole means; an `ApiError` is an answer that says no.

    `now` counts where an answer tells a moment and has no date of its own. `secrets` are taken out of all of it, for
    there are servers that echo what they were sent, and people who paste a key into an incident.
    """
    hide = secrets.hide
    status = response.status_code
    if 200 <= status < 300:  # noqa: PLR2004  (the classes of HTTP status codes)
        return _read_success(method, response, secrets)
    if 300 <= status < 400:  # noqa: PLR2004
        return Redirected(method, path, f"answered {status}, pointing to {hide(_target(response))}", status=status)

    text = hide(response.text)
    body = secrets.hidden(_object(text) or {})
    if cause := _cause(method, status):
        said = reason(body) or first_line(text)
        who = "the proxy " if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED else ""
        return Trouble(
            cause,
            f"{who}answered {status}: {said}" if said else f"{who}answered {status}",
            status,
            _request_id(response, body, hide),
            asks=asked_pause(response, body, now) if cause is Cause.BUSY else retry_after(response, now),
        )
    faults = read_faults(body)
    refusal = kind_of_refusal(status, faults)
    return refusal(
        method,
        path,
        status=status,
        kind=harmless(body.get("type")) or first_line(text),
        faults=faults,
        request_id=_request_id(response, body, hide),
        hint="" if body else NO_ANSWER_OF_THE_API,
    )


def _read_success(method: str, response: httpx.Response, secrets: Secrets) -> Answer | Trouble:
    hide = secrets.hide
    status = response.status_code
    may_be_empty = status in _MAY_BE_EMPTY or method == "DELETE"
    body = {} if may_be_empty and not response.content.strip() else _object(response.content)
    request_id = _request_id(response, body or {}, hide)
    if body is not None:
        shown = secrets.hidden(body) if _may_hold(secrets, response.text) else body
        return Answer(status, shown, request_id, date(response), is_whole=shown is body)
    said = first_line(hide(response.text))
    what = f"answered {status} with something else than a JSON object: {said or 'nothing'}"
    return Trouble(Cause.BROKEN, what, status, request_id, hint=NO_ANSWER_OF_THE_API)


def _may_hold(secrets: Secrets, text: str) -> bool:
    # JSON may escape what needs no escape; a body in which nothing is escaped like that need not be walked through.
    return secrets.holds(text) or _ESCAPED.search(text) is not None


def _object(text: str | bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # a syntax error, bytes that are no text, a number or nest without end
        return None
    return value if isinstance(value, dict) else None


def _cause(method: str, status: int) -> Cause | None:
    """Return why a status brings no answer; None for those that are one: the API says no."""
    match status:
        case httpx.codes.TOO_MANY_REQUESTS:
            return Cause.BUSY
        case httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            return Cause.NEVER_LEFT
        case httpx.codes.REQUEST_TIMEOUT:
            return Cause.BROKEN
        case httpx.codes.PRECONDITION_FAILED if method != "GET":
            return Cause.BROKEN
        case _:
            return None if 400 <= status < 500 else Cause.BROKEN  # noqa: PLR2004


def _request_id(response: httpx.Response, body: dict[str, Any], hide: Callable[[str], str]) -> str:
    return hide(harmless(body.get("request_id")) or harmless(response.headers.get("X-Request-ID")))


def _target(response: httpx.Response) -> str:
    """Return the host that a redirect points to; no more of it, since the rest may hold a secret."""
    try:
        host = response.url.join(response.headers.get("Location", "")).host
    except (httpx.InvalidURL, ValueError):
        host = ""
    return harmless(host) or "nowhere"
