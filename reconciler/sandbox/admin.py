"""The sandbox's own interface under `/_sandbox/`, never part of the API: its requests, faults, snapshots and limits."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from reconciler.sandbox.body import Integer, Object, Shape, Text
from reconciler.sandbox.errors import ApiError, Problem, invalid
from reconciler.sandbox.faults import Faults, ScriptError
from reconciler.sandbox.keys import Keys
from reconciler.sandbox.limits import Limits
from reconciler.sandbox.query import PageSize, Parameter, Word, read_query
from reconciler.sandbox.store import NotASandboxError, SnapshotNameError, Store, UnknownSnapshotError

Json = dict[str, Any]

ROOT: Final = "/_sandbox/"
_NAME: Final[Mapping[str, Shape]] = {"name": Text()}
_SPENT: Final[Mapping[str, Shape]] = {"requests": Integer(required=True), "key": Text()}
_STATUSES: Final[Mapping[type[Exception], tuple[int, str]]] = {
    SnapshotNameError: (422, "invalid_value"),
    UnknownSnapshotError: (404, "not_found"),
    NotASandboxError: (500, "no_data"),
}
_PAGE: Final[Mapping[str, Parameter]] = {"page_size": PageSize(1000), "after": Word()}


def _rule(method: str, path: str, handler: Callable[[Any, Request], Json]) -> Rule:
    return Rule(f"{ROOT}{path}", endpoint=handler, methods=[method])


class Admin:
    """Answers what is asked of the sandbox itself; it needs no key, since whoever serves a sandbox owns it."""

    def __init__(self, store: Store, faults: Faults, limits: Limits, keys: Keys) -> None:
        self._store = store
        self._faults = faults
        self._limits = limits
        self._keys = keys

    def respond(self, request: Request) -> Response | None:
        """Answer a request below ROOT; None for any other."""
        if not request.path.startswith(ROOT):
            return None
        try:
            _refuse_strangers(request)
            adapter = self._RULES.bind_to_environ(request.environ)
            handler, _ = adapter.match()
            return _written(200, handler(self, request))
        except ApiError as error:
            return _written(error.status, error.body(str(uuid.uuid4())))
        except (SnapshotNameError, UnknownSnapshotError, NotASandboxError) as error:
            status, code = _STATUSES[type(error)]
            return _written(status, ApiError(status, (Problem(code, str(error)),)).body(str(uuid.uuid4())))
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted({*(error.valid_methods or ())} - {"HEAD"}))
            refused = ApiError(405, (Problem("method_not_allowed", f"{request.path} takes {allowed}"),))
            return _written(405, refused.body(str(uuid.uuid4())))
        except HTTPException:
            known = ", ".join(sorted({rule.rule for rule in self._RULES.iter_rules()}))
            missing = ApiError(404, (Problem("not_found", f"there is no {request.path}; there are {known}"),))
            return _written(404, missing.body(str(uuid.uuid4())))

    def reset(self) -> None:
        """Make everything as it is in a new sandbox: data, allowances, and what faults have counted."""
        self._store.reset()
        self._limits.reset()
        self._faults.restart()

    def _requests(self, request: Request) -> Json:
        query = read_query(request.args.lists(), _PAGE)
        after, size = query.get("after", "0"), query.get("page_size", 100)
        if not (after.isascii() and after.isdigit() and len(after) < 19):  # noqa: PLR2004
            raise invalid("after", f"{after!r} is not what a page ended with")
        found = self._store.requests(int(after), size + 1)
        shown = found[:size]
        meta: Json = {"page_size": size, "last": str(self._last(int(after), shown))}
        if len(found) > size:
            meta["after"] = str(shown[-1]["number"])
        return {"requests": [_entry(entry) for entry in shown], "pagination_meta": meta}

    def _last(self, after: int, shown: list[Json]) -> int:
        """Return the number to go on after, once more has come; 0 where the log went back, by a reset or a restore."""
        if shown:
            return int(shown[-1]["number"])
        return after if after <= self._store.last_request() else 0

    def _shown_faults(self, _request: Request) -> Json:
        return self._faults.written()

    def _replace_faults(self, request: Request) -> Json:
        self._faults.replace(_faults(request))
        return self._faults.written()

    def _add_faults(self, request: Request) -> Json:
        self._faults.replace(self._faults.joined(_faults(request)))
        return self._faults.written()

    def _forget_faults(self, _request: Request) -> Json:
        self._faults.replace(Faults())
        return self._faults.written()

    def _reset(self, _request: Request) -> Json:
        self.reset()
        return {}

    def _snapshots(self, _request: Request) -> Json:
        return {"snapshots": self._store.snapshots()}

    def _snapshot(self, request: Request) -> Json:
        name = _body(request, _NAME).get("name", "default")
        self._store.snapshot(name)
        return {"name": name}

    def _restore(self, request: Request) -> Json:
        name = _body(request, _NAME).get("name", "default")
        self._store.restore(name)
        return {"name": name}

    def _spend(self, request: Request) -> Json:
        asked = _body(request, _SPENT)
        if asked["requests"] < 0:
            raise invalid("requests", "must not be negative")
        key = self._keys.find(f"Bearer {asked.get('key', 'sandbox')}")
        if key is None:
            raise invalid("key", f"{asked['key']!r} is no key of this sandbox", "not_found")
        return {"remaining": self._limits.drain(key.token, asked["requests"])}

    # Below what it names; and one for all, as making it takes longer than a request.
    _RULES: ClassVar = Map(
        [
            _rule("GET", "requests", _requests),
            _rule("GET", "faults", _shown_faults),
            _rule("PUT", "faults", _replace_faults),
            _rule("POST", "faults", _add_faults),
            _rule("DELETE", "faults", _forget_faults),
            _rule("POST", "reset", _reset),
            _rule("GET", "snapshots", _snapshots),
            _rule("POST", "snapshot", _snapshot),
            _rule("POST", "restore", _restore),
            _rule("POST", "spend", _spend),
        ],
        strict_slashes=True,
        merge_slashes=False,
    )


def _refuse_strangers(request: Request) -> None:
    # A page from elsewhere that is open in somebody's browser must not reset their sandbox.
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        raise ApiError(403, (Problem("foreign_origin", f"pages of {origin} may not ask this of a sandbox"),))


def _faults(request: Request) -> Faults:
    try:
        return Faults.read(_read(request))
    except ScriptError as error:
        problems = (Problem.at(path, "invalid_value", message) for path, message in error.problems)
        raise ApiError(422, tuple(problems)) from error


def _body(request: Request, shapes: Mapping[str, Shape]) -> Json:
    body = _read(request) if request.content_length else {}
    problems = tuple(Object(shapes).problems(body))
    if problems:
        raise ApiError(422, problems)
    return dict(body)


def _read(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError, HTTPException) as error:
        raise ApiError(400, (Problem("invalid_json", "the body is not JSON"),)) from error


def _entry(entry: Json) -> Json:
    return {name: value for name, value in entry.items() if name != "number"}


def _written(status: int, body: Json) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")
