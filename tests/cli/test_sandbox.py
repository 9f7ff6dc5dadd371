"""What people do with a sandbox at a terminal: look into it, reset it, bring it back, let it fail on purpose."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.cli.shell import PATIENCE

if TYPE_CHECKING:
    from tests.cli.shell import Shell


@pytest.fixture
def practised(shell: Shell) -> Shell:
    """A workspace whose one incident was applied to its sandbox."""
    shell.workspace("one")
    ended = shell.run("apply", "--sandbox", "--auto-approve")
    assert ended.code == 0, ended.stderr
    return shell


def _declare(url: str, key: str = "sandbox") -> httpx.Response:
    body = {"idempotency_key": "the-key", "visibility": "public", "severity_id": "01SANDB0XSEVER1TY000000001"}
    return httpx.post(f"{url}/v2/incidents", json=body, headers={"Authorization": f"Bearer {key}"}, trust_env=False)


def test_the_requests_of_the_workspace_are_shown(practised: Shell) -> None:
    """Time, key, status, whether data changed, method, path; the key that made each create safe."""
    ended = practised.run("sandbox", "requests", "--sandbox")

    (created,) = [line for line in ended.stdout.splitlines() if " POST   /v2/incidents " in line]
    assert created.split()[1:4] == ["sandbox", "200", "*"]
    assert "  key one.1-" in created
    assert ended.code == 0


def test_the_requests_are_a_document(practised: Shell) -> None:
    """As JSON, with the same names as over HTTP; the last few where so asked."""
    every = json.loads(practised.run("sandbox", "requests", "--sandbox", "--format", "json").stdout)["requests"]
    last = json.loads(practised.run("sandbox", "requests", "--sandbox", "--format=json", "--last=2").stdout)["requests"]

    assert last == every[-2:]
    assert {"time", "key", "method", "path", "query", "status", "idempotency_key", "changed"} == set(last[0])


def test_requests_are_followed_as_they_come(shell: Shell) -> None:
    """Until somebody has seen enough."""
    with shell.served() as url:
        following = shell.start("sandbox", "requests", "--follow", "--base-url", url)
        _declare(url)
        assert following.stdout is not None
        line = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=PATIENCE)

    assert "POST   /v2/incidents  key the-key" in line
    assert following.returncode == 130


def test_a_reset_makes_the_workspaces_sandbox_new(practised: Shell) -> None:
    """The next plan, whose state remembers an incident, says what became of it."""
    ended = practised.run("sandbox", "reset", "--sandbox")

    assert (ended.code, ended.stdout) == (0, "the sandbox of this workspace is as new\n")
    assert practised.run("sandbox", "requests", "--sandbox").stdout == ""
    planned = practised.run("plan", "--sandbox")
    assert planned.code == 4
    told = " ".join(planned.stdout.split())
    assert "a sandbox that was reset, or ended without --data, has forgotten it" in told
    assert "`reconciler state rm Incident/one --sandbox`" in told


def test_a_snapshot_is_taken_listed_and_restored(practised: Shell) -> None:
    """What was applied is there again after a reset, and the plan is empty."""
    practised.run("sandbox", "snapshot", "applied", "--sandbox")
    practised.run("sandbox", "reset", "--sandbox")

    assert practised.run("sandbox", "snapshots", "--sandbox").stdout == "applied\n"
    assert practised.run("sandbox", "restore", "applied", "--sandbox").code == 0
    assert practised.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_an_unknown_snapshot_is_told_with_those_that_exist(practised: Shell) -> None:
    """And nothing is changed."""
    practised.run("sandbox", "snapshot", "applied", "--sandbox")

    ended = practised.run("sandbox", "restore", "aplied", "--sandbox")

    assert (ended.code, ended.stderr) == (3, "error: there is no snapshot 'aplied'; there are applied\n")


def test_a_data_file_is_looked_into(practised: Shell) -> None:
    """Without its server, and whosever it is."""
    ended = practised.run("sandbox", "requests", "--data", ".reconciler/sandbox/data.db")

    assert "/v2/incidents" in ended.stdout


def test_no_sandbox_is_told_with_the_next_thing_to_type(shell: Shell) -> None:
    """Neither on the port, nor in the workspace."""
    nowhere = shell.run("sandbox", "requests", "--base-url", "http://127.0.0.1:9")
    unmade = shell.run("sandbox", "reset", "--sandbox")
    two = shell.run("sandbox", "reset", "--sandbox", "--base-url", "http://127.0.0.1:9")

    assert (nowhere.code, unmade.code, two.code) == (7, 3, 3)
    assert "nothing answers at http://127.0.0.1:9\nhint: `reconciler sandbox serve` starts" in nowhere.stderr
    assert "this workspace has no sandbox yet\nhint: `reconciler apply --sandbox` makes it" in unmade.stderr
    assert "each name a sandbox" in two.stderr


def test_the_environment_names_the_sandbox(shell: Shell) -> None:
    """As it does for plan and apply; an account elsewhere is not taken for a sandbox, nor is another one emptied."""
    with shell.served() as url:
        shell.environ["INCIDENT_IO_BASE_URL"] = url
        named = shell.run("sandbox", "reset")
        typed = shell.run("sandbox", "reset", "--base-url", "http://127.0.0.1:9")
    shell.environ["INCIDENT_IO_BASE_URL"] = "https://api.incident.io"
    elsewhere = shell.run("sandbox", "reset")

    assert (named.code, named.stdout) == (0, f"{url} is as new\n")
    assert "nothing answers at http://127.0.0.1:9" in typed.stderr
    assert elsewhere.code == 3
    assert "is https://api.incident.io, which is not on this machine" in elsewhere.stderr


def test_what_is_no_sandbox_is_told(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file of something else is left as it is."""
    other = tmp_path_factory.mktemp("other") / "notes.txt"
    other.write_text("notes " * 1000)

    ended = shell.run("sandbox", "reset", "--data", str(other))

    assert ended.code == 3
    assert "cannot be used as the data of a sandbox" in ended.stderr
    assert other.read_text() == "notes " * 1000


SCRIPT = """\
seed: 7
faults:
  - kind: 503-before
    method: GET
    path: /v1/*
    requests: 2
"""


def test_a_fault_script_is_carried_out(shell: Shell) -> None:
    """From a file of YAML, beside the faults of flags."""
    shell.write("faults.yaml", SCRIPT)
    paths = ["/v1/identity", "/v1/severities", "/v1/identity", "/v2/users", "/v2/users"]
    with (
        shell.served("--faults", "faults.yaml", "--fault", "500-before:1:/v2/users") as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False) as client,
    ):
        statuses = [client.get(path).status_code for path in paths]

    assert statuses == [200, 503, 200, 500, 200]


def test_a_wrong_fault_script_is_told_at_its_place(shell: Shell) -> None:
    """Every problem, with file, line and column, before anything is served."""
    shell.write("faults.yaml", SCRIPT.replace("503-before", "explode").replace("requests: 2", "requests: never"))

    ended = shell.run("sandbox", "serve", "--port=0", "--faults", "faults.yaml")

    assert ended.code == 3
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("faults.yaml:3:11: faults.0.kind: explode is not a kind of fault; there are")
    assert lines[1] == (
        "faults.yaml:6:15: faults.0.requests: never is not a number such as 3, nor a range such as 3-5 or 7-"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--key", "ci"], "write ci=viewer,incident_creator"),
        (["--key", "ci=king"], "'king' is not a role; there are viewer"),
        (["--lower-limit", "escalations=3"], "write 'POST /v2/escalations=60'"),
        (["--other-client", "1200"], "another client cannot spend 1200 of 1200"),
        (["--key-lifetime", "10"], "write 100ms or 0.5s"),
        (["--fault", "explode:1"], "there are drop-before"),
        (["--faults", "missing.yaml"], "missing.yaml"),
    ],
)
def test_a_wrong_flag_is_told(shell: Shell, flags: list[str], said: str) -> None:
    """Exit code 3, and what would do."""
    ended = shell.run("sandbox", "serve", "--port=0", *flags)

    assert ended.code == 3
    assert said in ended.stderr


def test_flags_reach_the_sandbox(shell: Shell) -> None:
    """A key of one's own, a lower limit, a forgotten key."""
    flags = ["--key", "ci=viewer,incident_creator", "--lower-limit", "POST /v2/incidents=2", "--idempotency=conflict"]
    with shell.served(*flags) as url:
        statuses = [_declare(url, "ci").status_code for _ in range(3)]

    assert statuses == [200, 409, 429]
