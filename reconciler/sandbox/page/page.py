"""A request of a browser in, the page or the asset at its path out; what is no page's path is left to the API."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from werkzeug.wrappers import Request, Response

from reconciler.sandbox import moments
from reconciler.sandbox.page.assets import find_asset
from reconciler.sandbox.page.board import read_board, read_shelf
from reconciler.sandbox.page.incident import View, read_incident
from reconciler.sandbox.page.requests import Show, read_log
from reconciler.sandbox.store import NotASandboxError, Store

METHODS: Final = ("GET", "HEAD")
HEADERS: Final[Mapping[str, str]] = {
    # Nothing but the sandbox's own style sheet, script and icon; no form, no frame, and no text that becomes markup.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_PATH: Final = re.compile(
    r"/(?:(?P<requests>requests)|incidents/(?P<incident>[^/]+)|_sandbox/assets/(?P<asset>[^/]+)|(?P<icon>favicon\.ico))?"
)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")  # a longer one does not fit into the column
_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")


class Page:
    """The pages of one sandbox: a board of incidents, each incident, and the requests that came in."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def respond(self, request: Request) -> Response | None:
        """Answer a request for a page or one of its assets; None where the path is not a page's."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            return None
        try:
            response = self._page(request, found)
        except NotASandboxError as error:
            response = _text(f"{error}\n", 500)
        response.headers.update(HEADERS)
        if response.status_code == HTTPStatus.OK:
            response.add_etag()
            response.make_conditional(request)
        return response

    def _page(self, request: Request, found: re.Match[str]) -> Response:
        if request.method not in METHODS:
            response = _text(f"a page takes {' and '.join(METHODS)} only\n", 405)
            response.headers["Allow"] = ", ".join(METHODS)
        elif found["asset"] or found["icon"]:
            response = _asset(found["asset"] or "icon.svg")
        elif found["incident"]:
            response = self._incident(request, found["incident"])
        elif found["requests"]:
            response = self._requests(request)
        elif "status" in request.args:
            response = self._shelf(request, request.args["status"])
        else:
            response = self._board(request)
        return response

    def _board(self, request: Request) -> Response:
        with self._store.reading() as transaction:
            board = read_board(transaction, moments.now())
        return _html(request, "board.html", board=board)

    def _shelf(self, request: Request, status: str) -> Response:
        with self._store.reading() as transaction:
            shelf = read_shelf(transaction, status, _number(request.args.get("before")), moments.now())
        if shelf is None:
            return _html(request, "missing.html", 404, what="such status")
        return _html(request, "shelf.html", shelf=shelf)

    def _incident(self, request: Request, identifier: str) -> Response:
        number = _number(identifier)
        shown: View | None = None
        if number is not None:
            with self._store.reading() as transaction:
                shown = read_incident(transaction, number, moments.now())
        if shown is None:
            return _html(request, "missing.html", 404, what=f"INC-{identifier}")
        return _html(request, "incident.html", incident=shown)

    def _requests(self, request: Request) -> Response:
        show, below = Show.read(request.args.get("show")), _number(request.args.get("before"))
        with self._store.reading() as transaction:
            log = read_log(transaction, show, below, moments.now())
        return _html(request, "requests.html", log=log)


def _number(text: str | None) -> int | None:
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _html(request: Request, template: str, status: int = 200, **shown: object) -> Response:
    # Imported here so that whoever calls the sandbox within the same process need not wait for it.
    from reconciler.sandbox.page.rendering import render  # noqa: PLC0415

    host = request.host if _HOST.fullmatch(request.host) else f"127.0.0.1:{request.environ['SERVER_PORT']}"
    html = render(template, base_url=f"{request.scheme}://{host}", **shown)
    return Response(html, status, content_type="text/html; charset=utf-8")


def _asset(name: str) -> Response:
    asset = find_asset(name)
    return Response(asset.content, content_type=asset.type) if asset else _text("there is no such asset\n", 404)


def _text(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
