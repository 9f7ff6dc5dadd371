"""Bytes of a connection in, requests that the sandbox can be asked out; what is no HTTP gets a documented error."""

import json
import uuid
from http import HTTPStatus

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from reconciler.sandbox.errors import TYPES, ApiError, Problem


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses what the standard library cannot make an address of; waitress alone would die of `http://[::1`."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError(str(error)) from error


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers what is no HTTP in the documented form of an error; waitress alone would write a line of text."""

    def execute(self) -> None:
        """Write the answer, and close the connection."""
        wrong = self.request.error
        status = wrong.code if wrong.code in TYPES else 400
        error = ApiError(status, (Problem("bad_request", str(wrong.body) or wrong.reason),))
        body = json.dumps(error.body(str(uuid.uuid4()))).encode()
        self.status = f"{status} {HTTPStatus(status).phrase}"
        self.content_length = len(body)
        self.response_headers = [("Content-Type", "application/json")]
        self.set_close_on_finish()
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection to a sandbox."""

    parser_class = _Parser
    error_task_class = _ErrorTask
