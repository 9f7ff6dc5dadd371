"""What is wrong in, the documented error body out: one exception for every answer that is not a success."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

TYPES: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "resource_forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    422: "validation_error",
    429: "too_many_requests",
    500: "api_error",
    503: "api_error",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request, and the field of the request that it is about."""

    code: str
    message: str
    field: str = ""
    pointer: str = ""

    @classmethod
    def at(cls, path: tuple[str, ...], code: str, message: str) -> Self:
        """Place a problem at a path of names and positions inside the body."""
        return cls(code, message, ".".join(path), "/" + "/".join(path))

    def below(self, root: str) -> Self:
        """Name the field from the property `root` of the body on; the pointer stays."""
        return replace(self, field=self.field.removeprefix(f"{root}."))

    def body(self) -> dict[str, Any]:
        """Write the problem as the document has it; `source` only where a field is known."""
        written: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field:
            pointer = self.pointer or "/" + self.field.replace(".", "/")
            written["source"] = {"field": self.field, "pointer": pointer}
        return written


@dataclass(eq=False)
class ApiError(Exception):
    """A request that is refused: its status, the reasons, and what the answer carries besides."""

    # Not frozen: the interpreter sets a traceback on what is raised.

    status: int
    problems: tuple[Problem, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """Write the error as the document has it."""
        return {
            "type": TYPES[self.status],
            "status": self.status,
            "request_id": request_id,
            **self.extra,
            "errors": [problem.body() for problem in self.problems],
        }

    def inside(self, root: str) -> "ApiError":
        """Tell that the fields stand inside the property `root` of the body."""
        moved = (replace(p, pointer=f"/{root}/{p.field.replace('.', '/')}") if p.field else p for p in self.problems)
        return replace(self, problems=tuple(moved))


def invalid(field: str, message: str, code: str = "invalid_value") -> ApiError:
    """Refuse a request for the value of one of its fields (422)."""
    return ApiError(422, (Problem(code, message, field),))


def not_found(what: str) -> ApiError:
    """Refuse a request for something that is not there, or not visible to this key (404)."""
    return ApiError(404, (Problem("not_found", f"{what} could not be found"),))
