"""Keys and passwords that must be nowhere: a full set of commands is run, and whatever they left is looked through."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some

from reconciler import secrecy
from reconciler.api import Answer
from reconciler.model import Edit, Failed, Key, Request, Source
from reconciler.secrecy import Secrets
from reconciler.sending import Sender
from tests.cli.shell import PATIENCE, Ended, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.api import Client
    from reconciler.state import Journal

KEY = 'inc_c4n4ry/"\\+<&>kVq0123456789'
OTHER, THIRD, FILED = "inc_0th3r_Zx81736455aabb", "inc_th1rd_Yw99887766ccdd", "inc_f1led_Qp55443322eeff"
PASSWORD = "pr0xyPassw0rdXYZ"
CLOUD = "wJalrXUtnFEMIxK7MDENGxbPxRfiCYzEXAMPLEKEY"
CANARIES = (KEY, OTHER, THIRD, FILED, PASSWORD, CLOUD)
ROLES = "viewer,incident_creator,incident_editor,manage_settings,global_access,catalog_viewer,workflows_viewer"

WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec:
  manifests: [incidents]
  api: {key_file: ../key}
"""
MANIFESTS = """\
apiVersion: reconciler/v1
kind: Incident
metadata: {name: checkout}
spec:
  name: Checkout is slow
  mode: test
  severity: Minor
  summary: What is known.
  updates:
    - {id: first-notice, message: We are looking into it.}
---
apiVersion: reconciler/v1
kind: Severity
metadata: {name: leaked}
spec: {name: Leaked, description: Nothing that anybody must not read., rank: 40}
---
apiVersion: reconciler/v1
kind: Incident
metadata: {name: known, id: INC-1}
spec: {name: Named by us, mode: test, severity: Minor, summary: Told by us., ignore_changes: [summary]}
"""


class Rude(BaseHTTPRequestHandler):
    """Answers with whatever it was sent, in every way in which that has been seen to happen."""

    def do_GET(self) -> None:
        """Answer as the first part of the path says."""
        header = self.headers.get("Authorization", "")
        match self.path.split("/")[1]:
            case "echo":
                fault = {"code": "bad_key", "message": header, "source": {"field": header}}
                self._answer(401, {"type": header, "request_id": header, "errors": [fault]})
            case "escaped":
                text = "".join(f"\\u{ord(one):04x}" for one in header)
                self._answer(422, f'{{"errors": [{{"code": "x", "message": "{text}"}}]}}')
            case "traceback":
                self._answer(500, f"<pre>Traceback (most recent call last):\n  Authorization: {header}</pre>")
            case "redirect":
                self._answer(302, {}, Location=f"https://elsewhere.example/?key={quote(header)}")
            case "encoded":
                self._answer(403, {"errors": [{"code": "x", "message": base64.b64encode(header.encode()).decode()}]})
            case _:
                self._answer(200, {"identity": {"name": header, "roles": [], "dashboard_url": f"https://x/{header}"}})

    def _answer(self, status: int, body: Any, **headers: str) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name that the library gives it)
        """Say nothing."""


@contextmanager
def rude() -> Iterator[str]:
    """Serve `Rude` while it is needed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def secretive(tmp_path: Path) -> Shell:
    """A folder and an environment full of secrets."""
    (tmp_path / "key").write_text(f"{FILED}\n")
    (tmp_path / "key").chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir()
    shell = Shell(
        folder,
        {
            "INCIDENT_API_KEY": KEY,
            "INCIDENT_IO_API_KEY": OTHER,
            "INCIDENTIO_API_KEY": THIRD,
            "AWS_SECRET_ACCESS_KEY": CLOUD,
            "HTTPS_PROXY": f"http://user:{PASSWORD}@127.0.0.1:1",
            "HTTP_PROXY": f"http://user:{PASSWORD}@127.0.0.1:1",
            "NO_PROXY": "127.0.0.1,localhost",
        },
    )
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("incidents/all.yaml", MANIFESTS)
    return shell


CRASH = """
import sys
from reconciler import reconcile
from reconciler.environment import variables

def plan(*_):
    raise ValueError(f"a header of {variables()['INCIDENT_API_KEY']!r}, {dict(variables())}")

reconcile.plan = plan
from reconciler.cli import main
main()
"""


def crash(shell: Shell, *arguments: str) -> Ended:
    """Run a command that has a defect, and tells everything that it knows."""
    command = [sys.executable, "-c", CRASH, *arguments]
    done = subprocess.run(
        command, cwd=shell.folder, env=shell._env(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def leak_into(url: str, *, severity: str = "", incident: str = "") -> None:
    """Write into the account as somebody does who pastes a key where it does not belong."""
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False) as client:
        if severity:
            body: dict[str, Any] = {"name": "Leaked", "description": severity, "rank": 9}
            assert client.post("/v1/severities", json=body).is_success
        if incident:
            body = {"idempotency_key": "one", "name": incident, "summary": f"the key is {incident}", "mode": "test"}
            body |= {"visibility": "public", "severity_id": "01SANDB0XSEVER1TY000000001"}
            assert client.post("/v2/incidents", json=body).is_success


def written(secret: str, before: str = "") -> dict[str, str]:
    """Return how programs write a secret (with something before it), and what of that is the secret's own."""
    whole = base64.b64encode(f"{before}{secret}".encode()).decode()
    inner = whole.rstrip("=")[(len(before.encode()) * 8 + 5) // 6 : -2]
    web = str.maketrans("+/", "-_")
    own = (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], secret.encode().hex())
    return {**{f"{before}{one}": one for one in own}, whole: inner, whole.translate(web): inner.translate(web)}


def forms(secret: str) -> set[str]:
    """Return the texts by which a secret is recognised, wherever it stands."""
    return {own for before in ("", "a", "ab") for own in written(secret, before).values()}


def plain(text: str) -> str:
    """Return a text as one piece: nothing of the terminal's, no break, no escape of JSON around it."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\s", "", text)


def found_in(text: str) -> list[str]:
    """Return the secrets that a text holds, in whatever form."""
    pieces = (text, plain(text))
    return [one for one in CANARIES if any(form in piece for form in forms(one) for piece in pieces)]


def everything_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file below a folder with its content."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "backslashreplace")


def full_set(shell: Shell, url: str) -> Iterator[tuple[str, Ended]]:
    """Run every command that reaches an account, each in all its forms, and yield what it left."""
    loud = ("-vv", "--log-format", "json")
    there = ("--base-url", url)
    commands = [
        ("validate",),
        *(("plan", *there, "--format", form, "-vv") for form in ("text", "json", "markdown", "html")),
        ("plan", *there, *loud, "--show-private"),
        ("plan", *there, "--out", "plan.json", *loud),
        ("plan", "show", "plan.json", "--format", "html"),
        ("apply", *there, "--auto-approve", "-vv"),
        ("apply", *there, "--auto-approve", "--format", "json", *loud),
        ("plan", *there, "--format", "json", *loud),
        *(("drift", *there, "--format", form, "-vv") for form in ("text", "json", "markdown", "html")),
        ("state", "rebuild", *there, "-vv"),
        ("state", "list", *there),
        ("state", "list", *there, "--format", "json", *loud),
        *(("state", "show", key, *there) for key in ("Incident/checkout", "Severity/leaked", "Incident/known")),
        ("sandbox", "requests", *there),
        ("sandbox", "requests", *there, "--format", "json"),
    ]
    for command in commands:
        yield " ".join(command), shell.run(*command)
    yield "plan on a terminal", shell.type("plan", *there, "-vv", prompt="Plan:", answer=b"\n")


def failures(shell: Shell, strange: str) -> Iterator[tuple[str, Ended]]:
    """Run into every trouble that may make a program talkative, and yield what was said."""
    for way in ("echo", "escaped", "traceback", "redirect", "encoded", "identity"):
        for loud in (("-vv",), ("-v", "--log-format", "json")):
            if way == "traceback" and loud == ("-vv",):
                continue  # its patience takes seconds
            yield f"{way} {loud}", shell.run("plan", "--base-url", f"{strange}/{way}", *loud)
    yield "no connection", shell.run("plan", "--base-url", "http://127.0.0.1:1", "-vv")
    yield "a proxy", shell.run("plan", "--base-url", "https://api.example.org", "-vv")
    yield "plain HTTP", shell.run("plan", "--base-url", "http://api.example.org", "-vv")
    for verbose in ([], ["-v"], ["-vv", "--log-format", "json"]):
        yield f"a crash {verbose}", crash(shell, "plan", "--base-url", strange, *verbose)
    yield "a wrong flag", shell.run("plan", f"--{KEY}", KEY)


def test_no_secret_is_in_anything_that_a_run_leaves(secretive: Shell) -> None:
    """Output, logs, plans, state, journal and reports of a full set of commands hold no key and no password.

    The hard case is an account whose own data hold the key: an incident is named like it, a severity described.
    """
    told: list[tuple[str, str]] = []
    with secretive.served("--key", f"{KEY}={ROLES}", "--record", "../record.jsonl") as url, rude() as strange:
        leak_into(url, severity=f"the key is {KEY}, or {OTHER}", incident=KEY)
        ends = dict([*full_set(secretive, url), *failures(secretive, strange)])
        secretive.write(".reconciler/sandbox/" + re.sub(r"[^A-Za-z0-9.]+", "-", url.split("//")[1]) + "/journal", "{")
        ends["a journal that is broken"] = secretive.run("apply", "--base-url", url, "--auto-approve", "-vv")
    told += [(f"{name}: {where}", text) for name, end in ends.items() for where, text in vars(end).items() if text]
    told = [(name, str(text)) for name, text in told]
    told += everything_in(secretive.folder)

    assert any(name.endswith("state.json") for name, _ in told)
    assert {name: found for name, text in told if (found := found_in(text))} == {}
    assert "[key]" in ends[f"plan --base-url {url} --format text -vv"].stdout
    assert "authorization: [hidden]" in ends[f"plan --base-url {url} --format text -vv"].stderr
    assert [name for name, end in ends.items() if end.code == 1 and "crash" not in name] == []


@pytest.mark.parametrize("flags", [("--format", "text"), ("--format", "json")])
def test_every_line_of_a_json_log_is_an_object(secretive: Shell, flags: tuple[str, ...]) -> None:
    """In CI stderr is JSON and nothing else: requests, warnings, progress, errors, and what nobody expected."""
    log = ("-vv", "--log-format", "json")
    with secretive.served("--key", f"{KEY}={ROLES}") as url:
        leak_into(url, incident="Something")
        ends = [
            secretive.run("apply", "--base-url", url, "--auto-approve", *flags, *log),
            secretive.run("plan", "--base-url", url, *log),
            secretive.run("plan", "--nonsense", *log),
            secretive.run("plan", "nowhere", *log),
            secretive.run("plan", "--base-url", "http://127.0.0.1:1", *log),
            secretive.run("state", "show", "Incident/nobody", *log),
            crash(secretive, "plan", "--base-url", url, *log),
        ]
        secretive.write("incidents/wrong.yaml", "apiVersion: reconciler/v1\nkind: Incident\nmetadata: {name: X Y}\n")
        ends.append(secretive.run("validate", *log))

    for end in ends:
        lines = [json.loads(line) for line in end.stderr.splitlines()]
        assert all({"time", "level", "event"} <= line.keys() for line in lines)
        assert not end.code or [line for line in lines if line["level"] == "error"]
    first = [json.loads(line) for line in ends[0].stderr.splitlines()]
    asked = next(line for line in first if line["event"] == "request" and line["method"] == "POST")
    assert {"path", "status", "seconds", "request_id", "attempt", "request", "response"} <= asked.keys()
    assert [line["key"] for line in first if line["event"] == "outcome"]
    assert {"file", "line", "column", "message"} <= json.loads(ends[-1].stderr.splitlines()[0]).keys()


def test_a_key_in_the_account_is_taken_out_by_a_manifest_that_says_so(secretive: Shell) -> None:
    """What the manifest states is written in the place of what leaked."""
    with secretive.served("--key", f"{KEY}={ROLES}") as url:
        leak_into(url, severity=f"the key is {KEY}", incident="Something")
        ended = secretive.run("apply", "--base-url", url, "--auto-approve")
        there = httpx.get(f"{url}/v1/severities", headers={"Authorization": "Bearer sandbox"}, trust_env=False).json()

    assert ended.code == 0
    assert "the key is [key]" in ended.stdout
    (leaked,) = [one for one in there["severities"] if one["name"] == "Leaked"]
    assert leaked["description"] == "Nothing that anybody must not read."


def test_an_object_that_holds_the_key_is_not_written_back_without_it() -> None:
    """What is sent back whole has to be whole: else a placeholder would take the place of what people wrote."""
    live = {"id": "01", "name": "Leaked", "description": "", "rank": 9, "unknown to us": "the key is [key]"}
    client = SimpleNamespace(
        get=lambda _: Answer(200, {"severity": live}, "", None, is_whole=False), wait=lambda _: None
    )
    sender = Sender(cast("Client", client), cast("Journal", SimpleNamespace(outcome=lambda *_: None)))
    change = Edit(Key("Severity", "leaked"), Source("x"), Request("PUT", "/v1/severities/01", {}), {}, ())

    outcome = sender.carry_out(change).outcome

    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("the live object holds the API key")
    assert outcome.hint == "take the key out of it by hand, make a new one and revoke the old"


@pytest.mark.parametrize("key", [KEY, OTHER, THIRD, FILED])
def test_a_manifest_that_holds_a_key_is_a_problem(secretive: Shell, key: str) -> None:
    """Whichever of the keys it is, and however YAML writes it, the place is told, and the key is not."""
    text = MANIFESTS.replace("What is known.", json.dumps(f"it is {key}!"))
    secretive.write("incidents/all.yaml", text)
    ended = secretive.run("validate")

    assert ended.code == 3
    assert ended.stderr.startswith("incidents/all.yaml:8:12: this text holds the API key\nhint: take it out")
    assert found_in(ended.stderr) == []


def test_a_variable_that_holds_the_key_is_a_problem_whatever_its_name(secretive: Shell) -> None:
    """A harmless name makes no harmless value, in an included file neither."""
    secretive.environ["GREETING"] = OTHER
    secretive.write("incidents/all.yaml", MANIFESTS.replace("What is known.", "${env:GREETING}"))
    ended = secretive.run("plan", "--sandbox")

    assert ended.code == 3
    assert "this text holds the API key" in ended.stderr


@given(some.text(some.characters(min_codepoint=33, max_codepoint=126), min_size=16), some.text(max_size=5))
def test_a_key_is_hidden_in_every_form(key: str, before: str) -> None:
    """Wherever it stands and however it is written, nothing of the kind is left."""
    secrets = Secrets().with_key(key)
    for whole, own in written(key, before).items():
        hidden = secrets.hide(f"<{whole}>")

        assert own not in hidden.replace("[key]", "")
        assert "[key]" in hidden


def test_a_value_without_a_secret_is_the_very_same() -> None:
    """Nothing is copied where there is nothing to hide, and names are looked at as well."""
    secrets = Secrets().with_key(OTHER)
    value = {"a": [1, None, {"b": "c"}]}

    assert secrets.hidden(value) is value
    assert secrets.hidden({OTHER: [f"x {OTHER}"]}) == {"[key]": ["x [key]"]}


def test_what_an_environment_holds_is_told_by_its_names() -> None:
    """Keys, what is named like a secret, passwords of proxies; no path, no address, no short word."""
    environ = {
        "INCIDENT_API_KEY": f" {OTHER}\n",
        "MY_TOKEN": "0123456789abcdef",
        "GPG_KEY_FILE": "/home/somebody/secret-key-file",
        "KEYBOARD": "us",
        "VAULT_TOKEN_URL": "https://vault.example.org/somewhere",
        "https_proxy": "http://somebody:p%40ssword-1@proxy:3128",
        "HOME": "/home/somebody-with-a-long-name",
    }

    found = secrecy.of(environ).known

    assert found == {
        OTHER: "[key]",
        "0123456789abcdef": "[secret]",
        **dict.fromkeys(("somebody:p%40ssword-1", "somebody:p@ssword-1", "p%40ssword-1", "p@ssword-1"), "[secret]"),
    }


def test_texts_of_private_incidents_are_digests_in_a_log(secretive: Shell) -> None:
    """Unless --show-private says otherwise, a log in a pipe tells how they stand and not what they are about."""
    private = MANIFESTS.split("---\n", maxsplit=1)[0].replace("mode: test", "mode: test\n  visibility: private")
    secretive.write("incidents/all.yaml", private)
    with secretive.served("--key", f"{KEY}={ROLES}") as url:
        arguments = ("apply", "--base-url", url, "--auto-approve", "-vv")
        ended = secretive.run(*arguments)
        again = secretive.run("plan", "--base-url", url, "-vv")
        shown = secretive.run("plan", "--base-url", url, "-vv", "--show-private")

    told = ended.stderr + again.stderr
    assert "POST /v2/incidents " in told
    assert not [text for text in ("What is known.", "Checkout is slow", "We are looking") if text in told]
    assert "Checkout is slow" in shown.stderr
