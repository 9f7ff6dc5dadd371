"""Stores of objects that run on this machine: moto's S3 server, and Azurite for Azure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from reconciler.state.address import Address
from reconciler.state.objects import Objects

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.serving import BaseWSGIServer

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's account and its key, which everybody knows."""


class Server(Protocol):
    """A store of objects that can go away and come back, with all that it holds."""

    def address(self) -> str:
        """Return the address of a state in a new bucket."""

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead there."""

    def up(self) -> None:
        """Answer, on the port of before."""

    def down(self) -> None:
        """Refuse every connection."""


@dataclass
class Bucket:
    """One state's objects, as a test looks at them."""

    server: Server
    at: str

    @property
    def objects(self) -> Objects:
        """Return what the program itself reads them with."""
        return Objects(Address.parse(self.at), self.server.environ)

    def text(self, name: str) -> bytes | None:
        """Return an object; None where there is none."""
        found = self.objects.get(name)
        return found.text if found else None


@dataclass
class Moto:
    """S3. One request at a time: its check of a condition and the write behind it are not one step else."""

    port: int = 0
    _server: BaseWSGIServer | None = None
    _app: Any = None
    failing: int = 0
    """Answer this instead, if not 0."""
    losing: int = 0
    """How many of the next writes are carried out and answered as if they had not been."""
    removed: set[str] = field(default_factory=set)

    def up(self) -> None:
        """Answer, on the port of before."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
        from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

        class Quiet(WSGIRequestHandler):
            def log(self, *_: object) -> None:
                pass

        self._app = self._app or DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", self.port, self._answer, threaded=False, request_handler=Quiet)
        self.port = self._server.port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _answer(self, environ: Any, start: Any) -> Any:
        if self.failing:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(f"{self.failing} Nothing", [("Content-Length", "0")])
            return []
        if environ["PATH_INFO"].split("/")[1] in self.removed:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            text = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"
            start("404 Not Found", [("Content-Length", str(len(text)))])
            return [text]
        if self.losing and environ["REQUEST_METHOD"] == "PUT":
            self.losing -= 1
            b"".join(self._app(environ, lambda *_: None))
            start("500 Lost", [("Content-Length", "0")])
            return []
        return self._app(environ, start)

    def down(self) -> None:
        """Refuse every connection."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """Return where it is served."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "canary-id",
            "AWS_SECRET_ACCESS_KEY": "canary-secret",
            "AWS_REGION": "us-east-1",
        }

    def address(self) -> str:
        """Return the address of a state in a new bucket."""
        bucket = f"state-{uuid.uuid4().hex[:12]}"
        self.ask("PUT", bucket)
        return f"s3://{bucket}/teams/acme.json"

    def remove(self, bucket: str) -> None:
        """Remove a bucket with all that is in it: from now on it is answered as S3 answers."""
        self.removed.add(bucket)

    def ask(self, method: str, path: str) -> None:
        """Send a request as S3's owner."""
        httpx.request(
            method, f"{self.url}/{path}", headers={"Authorization": "AWS x"}, trust_env=False
        ).raise_for_status()


@dataclass
class Azurite:
    """Azure Blob Storage."""

    main: Path
    folder: Path
    port: int = 0
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def up(self) -> None:
        """Answer, on the port of before."""
        command = ["node", str(self.main), "--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
        command += ["--location", str(self.folder), "--skipApiVersionCheck", "--disableTelemetry"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._process.stdout is not None
        said = ""
        for line in self._process.stdout:
            said += line
            if found := re.search(r"successfully listens on http://127.0.0.1:(\d+)", line):
                self.port = int(found[1])
                threading.Thread(target=self._process.stdout.read, daemon=True).start()
                return
        raise AssertionError(said)

    def down(self) -> None:
        """Refuse every connection."""
        if self._process:
            self._process.terminate()
            self._process.wait(30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that lead there."""
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{self.port}/{ACCOUNT}",
        }

    def address(self) -> str:
        """Return the address of a state in a new container."""
        container = f"state-{uuid.uuid4().hex[:12]}"
        date, version = formatdate(usegmt=True), "2021-08-06"
        head = f"x-ms-date:{date}\nx-ms-version:{version}"
        text = "PUT" + "\n" * 12 + f"{head}\n/{ACCOUNT}/{ACCOUNT}/{container}\nrestype:container"
        signed = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
        httpx.put(
            f"http://127.0.0.1:{self.port}/{ACCOUNT}/{container}?restype=container",
            headers={"x-ms-date": date, "x-ms-version": version, "Authorization": f"SharedKey {ACCOUNT}:{signed}"},
            trust_env=False,
        ).raise_for_status()
        return f"az://{container}/teams/acme.json"
