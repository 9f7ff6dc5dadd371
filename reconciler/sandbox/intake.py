"""A WSGI request in, its parts as the sandbox understands them out: route, body, person; or a documented error."""

import json
import string
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import Map
from werkzeug.wrappers import Request

from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.organisation import Organisation, person
from reconciler.sandbox.resource import Route

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Json = dict[str, Any]

ACTOR_HEADER = "X-Sandbox-Actor"  # the sandbox's own: the e-mail of the person on whose behalf the request is
JSON = "application/json"
MAX_BODY = 4 * 1024 * 1024


def read_request(environ: "WSGIEnvironment") -> Request:
    """Read a request; its body is refused later if it is too large."""
    path = environ.get("PATH_INFO", "")
    # WSGI wants the bytes of a path as Latin-1; transports within a process hand over the text itself.
    if any(ord(sign) > 0xFF for sign in path):  # noqa: PLR2004
        environ = {**environ, "PATH_INFO": path.encode(errors="replace").decode("latin-1")}
    query = environ.get("QUERY_STRING", "")
    if not query.isascii():
        # A query string is ASCII; bytes beyond it need not be UTF-8, so they are written out as people should have.
        environ = {**environ, "QUERY_STRING": quote(query, safe=string.printable, encoding="latin-1")}
    request = Request(environ)
    # Of several slashes at the beginning, as a base URL that ends in one makes them, servers and Request keep one.
    sent = environ.get("REQUEST_URI") or path
    request.path = "/" * (len(sent) - len(sent.lstrip("/")) - 1) + request.path
    request.max_content_length = MAX_BODY
    return request


def is_api(request: Request) -> bool:
    """Tell whether a request is for the emulated API, and not for the sandbox itself."""
    return request.path.startswith(("/v1/", "/v2/", "/v3/"))


def find_route(routes: Map, request: Request) -> tuple[Route, dict[str, str]]:
    """Find the route of a request, and what its path names; a 404 or a 405 where there is none."""
    missing = ApiError(404, (Problem("not_found", f"there is no {request.path} in this API"),))
    if request.path.startswith("//"):  # which the routes would take for a single slash
        raise missing
    # Bound to a name of its own: what a client takes for the host's need not be one.
    adapter = routes.bind("sandbox", path_info=request.path, default_method=request.method)
    try:
        route, path = adapter.match(method="OPTIONS" if request.method == "HEAD" else None)
    except MethodNotAllowed as error:
        allowed = sorted({*(error.valid_methods or ())} - {"HEAD"})
        message = f"{request.path} does not support {request.method}, only {', '.join(allowed)}"
        problem = Problem("method_not_allowed", message)
        raise ApiError(405, (problem,), headers={"Allow": ", ".join(allowed)}) from error
    except HTTPException as error:
        raise missing from error
    return route, dict(path)


def find_person(request: Request, organisation: Organisation) -> Json | None:
    """Find the user on whose behalf a request is, None where it is the key's own; a 400 for somebody unknown."""
    email = request.headers.get(ACTOR_HEADER)
    if email is None:
        return None
    for user in organisation.all("user"):
        if user["email"].lower() == email.lower():
            return person(user)
    raise ApiError(400, (Problem("unknown_actor", f"{ACTOR_HEADER}: {email!r} is nobody of this organisation"),))


def find_idempotency_key(request: Request) -> str | None:
    """Find the key that the body of a request carries, None where it is no such body; for what is not handled."""
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError, HTTPException):
        return None
    key = body.get("idempotency_key") if isinstance(body, dict) else None
    return key if isinstance(key, str) else None


def read_body(request: Request, route: Route) -> Json:
    """Read the body that a route takes; a 400, a 413 or a 422 where it is not what it must be."""
    if route.body is None:
        return {}
    if request.mimetype not in ("", JSON):
        raise ApiError(400, (Problem("unsupported_content_type", f"the body is {request.mimetype}, and not {JSON}"),))
    try:
        body = json.loads(request.get_data(cache=False).decode(), parse_constant=_refuse_constant)
    except RequestEntityTooLarge as error:
        problem = Problem("payload_too_large", f"the body is larger than {MAX_BODY} bytes")
        raise ApiError(413, (problem,)) from error
    except (ValueError, RecursionError, HTTPException) as error:
        raise ApiError(400, (Problem("invalid_json", "the body is not JSON"),)) from error
    problems = tuple(route.body.problems(body))
    if problems:
        raise ApiError(422, tuple(problem.below(route.root) for problem in problems))
    checked: Json = body
    return checked


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
