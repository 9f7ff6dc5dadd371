"""Requests in, answers out: tried again where that is safe, and told as it is where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from reconciler.api.answers import NO_ANSWER_OF_THE_API, Answer
from reconciler.api.excerpt import harmless
from reconciler.api.retry import Cause, Tries, Trouble
from reconciler.errors import AnswerLost, ApiError, Unavailable, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from reconciler.api.clock import Clock, Moment
    from reconciler.api.wire import Params, Wire

Objects = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its objects as they came, the cursor of the next, and how many there are in all.

    `after` is empty on the last page; `total` is None where the list does not say it (only incidents do).
    """

    items: Objects
    after: str
    total: int | None


class Client:
    """The incident.io API over one pool of connections; made by `connect`, used from many threads."""

    def __init__(self, wire: Wire, clock: Clock, timeout: float, most: int | None = None) -> None:
        self._wire, self._clock, self._timeout, self._most = wire, clock, timeout, most

    def __repr__(self) -> str:
        return f"<Client of {self._wire!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def impatient(self, timeout: float) -> Client:
        """Return the same client, for requests that are tried once, and whose answer is awaited `timeout` seconds."""
        return Client(self._wire, self._clock, min(timeout, self._timeout), most=1)

    @property
    def request_count(self) -> int:
        """How many requests were sent, each try counted."""
        return self._wire.request_count

    def now(self) -> Moment:
        """Return what time it is by the API's own clock, as far as one of its answers said so."""
        return self._wire.now()

    def wait(self, seconds: float) -> None:
        """Let seconds pass before the next request; raises `Interrupted` as soon as a stop is asked for."""
        self._clock.wait(seconds)

    def remembering(self, keeps: Callable[[str], bool]) -> Remembering:
        """Return a client over the same connections that asks for what it `keeps` (by path) only once."""
        return Remembering(self._wire, self._clock, self._timeout, keeps)

    def get(self, path: str, params: Params | None = None) -> Answer:
        """Read one thing, trying again on every failure that may pass.

        Raises `Unreachable` and `Unavailable` when patience ends, `Rejected` or one of its kinds, `Redirected`,
        `Interrupted`, and `Misused` for what is no path.
        """
        return self._ask(self._wire.request("GET", path, params, None, self._timeout), path)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None, *, timeout: float | None = None) -> Answer:
        """Write once: the request is sent again only where it is certain that it was not carried out.

        That is where no connection was made, and after a 429. `timeout` is in seconds, for the answer. Raises
        `AnswerLost` where nobody knows whether it was carried out (timeout, reset, 408, 412, 5xx, an answer that
        is none); besides, what `get` raises.
        """
        return self._ask(self._wire.request(method.upper(), path, None, body, timeout or self._timeout), path)

    def pages(
        self, path: str, envelope: str, params: Params | None = None, *, page_size: int | None = 250
    ) -> Iterator[Page]:
        """Read a list page by page, each when it is asked for; `envelope` names the array in the answers.

        Follows `pagination_meta.after`. Raises what `get` raises, and `Unavailable` for an
        answer without the array or a cursor that comes twice: part of a list must not be taken for the whole.
        """
        asked = {**(params or {}), **({"page_size": page_size} if page_size else {})}
        seen = set()
        after = ""
        while True:
            page = _page(path, envelope, self.get(path, {**asked, "after": after} if after else asked))
            yield page
            after = page.after
            if not after:
                return
            if after in seen:
                raise Unavailable("GET", path, f"the list has no end: the cursor `{harmless(after)}` came twice")
            seen.add(after)

    def list(self, path: str, envelope: str, params: Params | None = None, *, page_size: int | None = None) -> Objects:
        """Read a whole list; without `page_size` none is sent, for the lists that come in one page.

        Raises what `pages` raises.
        """
        return [item for page in self.pages(path, envelope, params, page_size=page_size) for item in page.items]

    def _ask(self, request: httpx.Request, path: str) -> Answer:
        path = path.partition("?")[0]
        tries = Tries()
        while True:
            match self._wire.once(request, path, len(tries) + 1):
                case Answer() as answer:
                    return answer
                case ApiError() as refusal:
                    raise refusal
                case Trouble() as trouble:
                    pause = tries.pause(trouble)
                    if pause is None or len(tries) == self._most or not _may_repeat(request.method, trouble):
                        raise _failure(request.method, path, trouble, len(tries))
                    self._clock.wait(pause)


class Remembering(Client):
    """A client that answers from memory where it may; for what rarely changes, and is read again and again."""

    def __init__(self, wire: Wire, clock: Clock, timeout: float, keeps: Callable[[str], bool]) -> None:
        super().__init__(wire, clock, timeout)
        self._keeps = keeps
        self._kept: dict[str, Answer] = {}

    def get(self, path: str, params: Params | None = None) -> Answer:
        """Read one thing, or return what was read before; raises what `Client.get` raises."""
        if not self._keeps(path):
            return super().get(path, params)
        asked = f"{path} {sorted((params or {}).items())}"
        if asked not in self._kept:
            self._kept[asked] = super().get(path, params)
        return self._kept[asked]

    def forget(self) -> None:
        """Ask for everything anew from now on."""
        self._kept.clear()


def _page(path: str, envelope: str, answer: Answer) -> Page:
    # An empty array may come as null; one that is missing means that something else answered.
    items = answer.body.get(envelope, answer) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unavailable(
            "GET",
            path,
            f"the answer holds no list `{envelope}`",
            status=answer.status,
            request_id=answer.request_id,
            hint=NO_ANSWER_OF_THE_API,
        )
    meta = answer.body.get("pagination_meta")
    meta = meta if isinstance(meta, dict) else {}
    total = meta.get("total_record_count")
    return Page(items, str(meta.get("after") or ""), total if isinstance(total, int) else None)


def _may_repeat(method: str, trouble: Trouble) -> bool:
    """Tell whether a request can be sent again without being carried out twice."""
    return method == "GET" or trouble.cause in (Cause.NEVER_LEFT, Cause.BUSY)


def _failure(method: str, path: str, trouble: Trouble, tries: int) -> ApiError:
    """Return the error that says what a caller may conclude: never sent, not carried out, or nobody knows."""
    kind: type[ApiError]
    match trouble.cause:
        case Cause.NEVER_LEFT:
            kind = Unreachable
        case Cause.BUSY:
            kind = Unavailable
        case Cause.SILENT | Cause.BROKEN:
            kind = Unavailable if method == "GET" else AnswerLost
    told = f"{trouble.what}; gave up after {tries} tries" if tries > 1 else trouble.what
    hint = "" if kind is AnswerLost else trouble.hint
    return kind(method, path, told, status=trouble.status, request_id=trouble.request_id, hint=hint)
