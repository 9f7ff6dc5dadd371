"""Bad input and bad luck, as a person meets them: a clear word, the right exit code, nothing written, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import COMMAND, INCIDENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.shell import Shell

HEAD = "apiVersion: reconciler/v1\nkind: Incident\nmetadata: {name: one}\n"
LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)

BROKEN_FILES = {
    "a syntax error": (HEAD + "spec: {name: [one}\n", "one.yaml:4:18: "),
    "a wrong type": (
        HEAD + "spec: {name: One, severity: Minor, updates: soon}\n",
        "one.yaml:4:45: `updates` must be a list, not the text `soon`",
    ),
    "an unknown field": (HEAD + "spec: {name: One, severty: Minor}\n", "did you mean `severity`?"),
    "an unknown kind": (HEAD.replace("Incident", "Incidnet") + "spec: {name: One}\n", "did you mean `Incident`?"),
    "a key given twice": (HEAD + "spec: {name: One, name: Two}\n", "one.yaml:4:19: "),
    "a billion laughs": (LAUGHS, "one.yaml:"),
    "a tag that builds an object": (HEAD + "spec: {name: !!python/object/apply:os.system [id]}\n", "one.yaml:4:14: "),
    "an include from outside": (
        HEAD + "spec: {name: One, summary: !include ../../etc/passwd}\n",
        "one.yaml:4:28: ",
    ),
    "a text that is no text": (HEAD + "spec: {name: One, call_url: [a]}\n", "`call_url` must be a text, not a list"),
}


MERGE = "<<<<<<< HEAD\nspec: {name: One, mode: test}\n=======\nspec: {name: Uno, mode: test}\n>>>>>>> other\n"
GAME_DAY = "apiVersion: reconciler/v1\nkind: GameDay\nmetadata: {name: drill}\n"


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("one.yaml", HEAD + MERGE, 4),
        ("one.yaml", MERGE + HEAD, 1),
        ("one.yaml", HEAD + MERGE.replace("\n", "\r\n"), 4),
        ("one.yaml", HEAD + "spec:\n  name: One\n" + MERGE.replace("spec: {", "  summary: {"), 6),
        # Half resolved.
        ("one.yaml", HEAD + "spec: {name: One}\n=======\n", 5),
        ("one.yaml", HEAD + "spec: {name: One}\n>>>>>>> other\n", 5),
        # YAML all the same, and yet not what anybody meant.
        ("one.yaml", HEAD + "spec:\n  name: One\n  summary: >\n    a\n<<<<<<< : 1\n>>>>>>> : 2\n", 8),
        ("reconciler.yaml", MERGE, 1),
        ("drill.yaml", GAME_DAY + MERGE, 4),
    ],
)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_an_unresolved_merge_is_told_as_that(shell: Shell, command: str, file: str, text: str, line: int) -> None:
    """Once, where it begins, instead of a guess at what the YAML may have meant."""
    with (shell.folder / file).open("w", encoding="utf-8", newline="") as stream:
        stream.write(text)

    ended = shell.run(command, *([] if command == "validate" else ["--sandbox"]))

    assert ended.code == 3
    assert ended.stderr == (
        f"{file}:{line}:1: this is an unresolved merge\n"
        "hint: keep one side, or both, and take the lines with `<<<<<<<`, `=======` and `>>>>>>>` out\n"
    )


def test_a_message_may_quote_a_merge(shell: Shell) -> None:
    """What is indented is a text like any other."""
    shell.write(
        "one.yaml", HEAD + "spec:\n  name: One\n  summary: |\n" + "".join(f"    {one}\n" for one in MERGE.split("\n"))
    )

    assert shell.run("validate").code == 0


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_a_broken_file_is_told_at_its_place(shell: Shell, case: str) -> None:
    """Whatever is wrong with a file costs nothing: exit 3, its place, no traceback, nothing written."""
    text, told = BROKEN_FILES[case]
    shell.write("one.yaml", text)

    ended = shell.run("apply", "--sandbox", "--auto-approve")

    assert ended.code == 3
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [path.name for path in shell.folder.iterdir()] == ["one.yaml"]


def test_an_empty_file_declares_nothing(shell: Shell) -> None:
    """An empty file is told, as it was surely meant to hold something."""
    shell.write("one.yaml", "")

    ended = shell.run("validate")

    assert ended.code == 3 or "0 resources" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_file_that_is_not_utf8_is_told(shell: Shell) -> None:
    """Bytes of another encoding are told with the file's name."""
    (shell.folder / "one.yaml").write_bytes(HEAD.encode() + "spec: {name: Störung}\n".encode("latin-1"))

    ended = shell.run("validate")

    assert ended.code == 3
    assert "one.yaml:4" in ended.stderr
    assert "UTF-8" in ended.stderr


def test_a_folder_without_manifests_is_told(shell: Shell) -> None:
    """An empty folder is no workspace, and the hint says how to get one."""
    ended = shell.run("plan", "--sandbox")

    assert ended.code == 3
    assert "no manifests" in ended.stderr
    assert "hint: `reconciler init`" in ended.stderr


def test_a_file_of_50_mb_is_refused_unread(shell: Shell) -> None:
    """A manifest of 50 MB is refused by its size."""
    shell.write("one.yaml", HEAD + "# " + "x" * 50_000_000)

    ended = shell.run("validate")

    assert ended.code == 3
    assert "one.yaml:1:1: " in ended.stderr
    assert "MB" in ended.stderr


def test_without_a_key_nothing_is_asked(shell: Shell) -> None:
    """No key: exit 6, and which variable to set."""
    shell.workspace("one")

    ended = shell.run("plan")

    assert ended.code == 6
    assert ended.stderr == (
        "error: there is no API key\nhint: set INCIDENT_API_KEY to a key of the organisation (Settings, API keys)\n"
    )


def test_a_wrong_key_is_told_and_not_shown(shell: Shell) -> None:
    """401: exit 6; the key itself is in no output."""
    shell.workspace("one")
    shell.environ["INCIDENT_API_KEY"] = "canary-5d41402abc4b2a76b9719d911017c592"
    with shell.served() as url:
        ended = shell.run("plan", "--base-url", url, "-v")

    assert ended.code == 6
    assert "401" in ended.stderr
    assert "canary" not in ended.stdout + ended.stderr


def test_a_key_without_the_right_fails_alone(shell: Shell) -> None:
    """403: what needs the right fails and names it, and the rest is done."""
    shell.workspace("one")
    shell.write(
        "incidents/severity.yaml",
        "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: sev0}\n"
        "spec: {name: Catastrophic, description: The end}\n",
    )
    shell.environ["INCIDENT_API_KEY"] = "sandbox-editor"
    with shell.served() as url:
        ended = shell.run("apply", "--base-url", url, "--auto-approve")

    assert ended.code == 6
    assert "organisation_settings.update" in ended.stdout + ended.stderr
    assert "Apply: 3 done, 1 failed, 0 skipped, 0 unknown." in ended.stdout


@contextmanager
def page(status: int, body: bytes) -> Iterator[str]:
    """Answer every request with a page, as a proxy in trouble does."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_proxys_page_is_no_answer(shell: Shell) -> None:
    """HTML with status 502 is told in a line, without its markup."""
    shell.workspace("one")
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with page(502, b"<html><body><h1>Bad Gateway</h1></body></html>") as url:
        ended = shell.run("plan", "--base-url", url)

    assert ended.code == 7
    assert "502" in ended.stderr
    assert "<h1>" not in ended.stderr
    assert "Traceback" not in ended.stderr


STATES = {
    "no JSON": ("not JSON", "not JSON"),
    "another program's": ('{"version": 4}', "not a state of this program"),
    "a newer format": ('{"format_version": 99}', "newer version"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_cannot_be_read_is_left_as_it_is(shell: Shell, case: str) -> None:
    """A state file that is not ours stops the run, and stays as it is."""
    text, told = STATES[case]
    shell.workspace("one")
    state = shell.write(".reconciler/sandbox/state.json", text)

    ended = shell.run("apply", "--sandbox", "--auto-approve")

    assert ended.code == 4
    assert "state.json" in ended.stderr
    assert told in ended.stderr
    assert "hint: " in ended.stderr
    assert state.read_text(encoding="utf-8") == text


def test_the_state_of_another_account_is_refused(shell: Shell) -> None:
    """A state knows its account by the dashboard's address."""
    shell.workspace("one")
    assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
    state = shell.folder / ".reconciler/sandbox/state.json"
    value = json.loads(state.read_text(encoding="utf-8"))
    value["account"]["dashboard_url"] = "https://app.incident.io/another"
    state.write_text(json.dumps(value), encoding="utf-8")

    ended = shell.run("plan", "--sandbox")

    assert ended.code == 4
    assert "https://app.incident.io/another" in ended.stderr


def limited(shell: Shell, url: str, kilobytes: int) -> subprocess.CompletedProcess[str]:
    """Apply with a disk that takes so much a file and no more."""
    command = " ".join(f"'{part}'" for part in (*COMMAND, "apply", "--base-url", url, "--auto-approve"))
    return subprocess.run(
        ["bash", "-c", f"ulimit -f {kilobytes}; exec {command}"],
        cwd=shell.folder,
        env={**os.environ, **shell._env()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("kilobytes", [0, 1, 2, 3, 5])
def test_a_full_disk_loses_nothing(shell: Shell, kilobytes: int) -> None:
    """A disk that fills up at any point stops the run in clear words, and the next run finishes it."""
    names = ["one", "two", "three"]
    shell.workspace(*names)
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with shell.served() as url:
        full = limited(shell, url, kilobytes)
        again = shell.run("apply", "--base-url", url, "--auto-approve")
        last = shell.run("plan", "--base-url", url, "--detailed-exitcode")

    assert full.returncode in {4, 5}
    assert "File too large" in full.stdout + full.stderr
    assert "Traceback" not in full.stderr
    assert again.code == 0, again.stderr
    assert last.code == 0, last.stdout
    assert "3 unchanged" in last.stdout


def test_a_folder_that_cannot_be_written_is_told_before_the_first_request(shell: Shell, tmp_path: Path) -> None:
    """Where the journal has no place, nothing is sent."""
    shell.workspace("one")
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    shell.write(".reconciler", "a file where the folder should be")
    with shell.served() as url:
        ended = shell.run("apply", "--base-url", url, "--auto-approve", "-v")

    assert ended.code == 4
    assert str(tmp_path) in ended.stderr or ".reconciler" in ended.stderr
    assert "POST" not in ended.stderr


def test_names_that_the_account_does_not_know_are_told_all_at_once(shell: Shell) -> None:
    """Unknown names stop the run before the first write, each with its place and the nearest name."""
    text = INCIDENT.replace("NAME", "one").replace("Minor", "Minro").replace("Fixing", "Fixin")
    shell.write("one.yaml", text)

    ended = shell.run("apply", "--sandbox", "--auto-approve")

    assert ended.code == 3
    assert "one.yaml:7:13: `Minro` is not a severity of this organisation; did you mean `Minor`?" in ended.stderr
    assert "hint: this organisation has Minor, Major, Critical" in ended.stderr
    assert "did you mean `Fixing`?" in ended.stderr


def test_a_pipe_among_the_manifests_is_told_and_not_waited_for(shell: Shell) -> None:
    """Reading a named pipe would wait for ever."""
    shell.workspace("one")
    os.mkfifo(shell.folder / "incidents" / "two.yaml")

    ended = shell.run("validate")

    assert ended.code == 3
    assert "incidents/two.yaml:1:1: this is no file" in ended.stderr


def test_a_closed_stdout_is_no_defect(shell: Shell) -> None:
    """Whoever closes the output does not want it."""
    shell.workspace("one")
    command = " ".join(f"'{part}'" for part in (*COMMAND, "plan", "--sandbox"))

    ended = subprocess.run(
        ["bash", "-c", f"{command} >&-"],
        cwd=shell.folder,
        env=shell._env(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode == 0
    assert ended.stderr == ""


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e300", "0"])
def test_a_timeout_that_is_none_is_a_wrong_flag(shell: Shell, seconds: str) -> None:
    """Seconds are a number that somebody would wait for."""
    shell.workspace("one")

    ended = shell.run("plan", "--sandbox", "--timeout", seconds)

    assert ended.code == 3
    assert "--timeout" in ended.stderr


def test_a_kind_that_does_not_exist_selects_nothing_silently(shell: Shell) -> None:
    """A slip in a pipeline must not pass for "nothing to do"."""
    shell.workspace("one")

    ended = shell.run("plan", "--sandbox", "--select", "kind=Incidnet")

    assert ended.code == 3
    assert "there is no kind `Incidnet`; did you mean `Incident`?" in ended.stderr
