"""A stand-in for Google Cloud Storage, as far as its XML API is documented: no server of Google's runs here."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@dataclass
class Google:
    """Objects with a generation each, and writes under the condition of one (0 for none)."""

    port: int = 0
    objects: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    _server: BaseWSGIServer | None = None
    _writes: int = 0

    def up(self) -> None:
        """Answer, on the port of before."""
        self._server = make_server("127.0.0.1", self.port, Request.application(self._answer), request_handler=_Quiet)
        self.port = self._server.port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def down(self) -> None:
        """Refuse every connection."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead there."""
        url = f"http://127.0.0.1:{self.port}"
        account = {
            "gcs_base_url": url,
            "disable_oauth": True,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        }
        return {"GOOGLE_BASE_URL": url, "GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}

    def address(self) -> str:
        """Return the address of a state in a new bucket."""
        return f"gs://state-{uuid.uuid4().hex[:12]}/teams/acme.json"

    def _answer(self, request: Request) -> Response:
        if "list-type" in request.args:
            return self._listed(f"/{request.path.strip('/')}/", request.args.get("prefix", ""))
        text, generation = self.objects.get(request.path, (b"", 0))
        if request.method == "PUT":
            wanted = request.headers.get("x-goog-if-generation-match")
            if wanted is not None and int(wanted) != generation:
                return Response("<Error><Code>PreconditionFailed</Code></Error>", 412)
            self._writes += 1
            self.objects[request.path] = request.get_data(), self._writes
            return self._told(b"", self._writes)
        if not generation:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        return self._told(text, generation)

    def _listed(self, bucket: str, prefix: str) -> Response:
        names = sorted(path.removeprefix(bucket) for path in self.objects if path.startswith(bucket + prefix))
        entries = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.objects[bucket + name][0])}</Size>"
            f'<LastModified>2026-11-21T00:00:00Z</LastModified><ETag>"tag"</ETag></Contents>'
            for name in names
        )
        return Response(f"<ListBucketResult>{entries}</ListBucketResult>", mimetype="application/xml")

    def _told(self, text: bytes, generation: int) -> Response:
        headers = {"ETag": f'"{generation}-tag"', "x-goog-generation": str(generation)}
        return Response(text, headers=headers | {"Last-Modified": "Sat, 21 Nov 2026 00:00:00 GMT"})
