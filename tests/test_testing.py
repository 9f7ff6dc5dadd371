"""The pytest plugin as other people use it: runs of pytest of their own, with nothing of this project's tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parent.parent
HEAD = """\
import httpx
import pytest

def declare(sandbox, key="the-key", **more):
    body = {"idempotency_key": key, "visibility": "public", "severity_id": "01SANDB0XSEVER1TY000000001", **more}
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    return httpx.post(f"{sandbox.url}/v2/incidents", json=body, headers=headers, trust_env=False)

"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run somebody's tests."""

    def run(text: str, *, recorded: bool = True) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_theirs.py").write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
        flags = ["-q", "-p", "no:cacheprovider", "--strict-markers", "-W", "error"]
        flags += ["-p", "tests.contract.recorder"] if recorded else []
        return subprocess.run(
            [sys.executable, "-m", "pytest", *flags, "-p", "reconciler.testing", "test_theirs.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_every_test_has_an_account_of_its_own(run: Run) -> None:
    """With an address, a key, and a log of what was asked; nothing is left for the next test."""
    ended = run(
        """
        @pytest.mark.parametrize("turn", [1, 2])
        def test_one(incident_sandbox, turn):
            assert declare(incident_sandbox).json()["incident"]["reference"] == "INC-1"
            assert [request["path"] for request in incident_sandbox.writes] == ["/v2/incidents"]
            assert incident_sandbox.environ["INCIDENT_IO_BASE_URL"] == incident_sandbox.url
        """
    )

    assert "2 passed" in ended.stdout, ended.stdout


def test_a_mark_says_how_it_behaves(run: Run) -> None:
    """Of the class and of the test; what stands nearer wins."""
    ended = run(
        """
        @pytest.mark.incident_sandbox(idempotency="conflict", rate_limit=3)
        class TestThings:
            def test_one(self, incident_sandbox):
                assert [declare(incident_sandbox).status_code for _ in range(4)] == [200, 409, 409, 429]

            @pytest.mark.incident_sandbox(idempotency="forget", rate_limit=None, faults=["503-before:2:POST"])
            def test_two(self, incident_sandbox):
                assert [declare(incident_sandbox).status_code for _ in range(4)] == [200, 503, 200, 200]
        """
    )

    assert "2 passed" in ended.stdout, ended.stdout


def test_faults_and_snapshots_are_at_hand(run: Run) -> None:
    """In the middle of a test: let an answer be lost, come back to what was."""
    ended = run(
        """
        def test_one(incident_sandbox):
            incident_sandbox.snapshot("empty")
            incident_sandbox.fault("drop-after:1:POST")
            with pytest.raises(httpx.RemoteProtocolError):
                declare(incident_sandbox)
            assert [request["changed"] for request in incident_sandbox.requests] == [True]
            incident_sandbox.fault()
            assert declare(incident_sandbox).json()["incident"]["reference"] == "INC-1"
            incident_sandbox.script({"faults": [{"kind": "500-before"}]})
            assert declare(incident_sandbox).status_code == 500
            incident_sandbox.restore("empty")
            assert incident_sandbox.requests == []
            incident_sandbox.reset()
        """
    )

    assert "1 passed" in ended.stdout, ended.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("'conflict'", "takes its options by name"),
        ("idempotent='conflict'", "there is no idempotent; there are key_lifetime"),
        ("idempotency='perhaps'", "idempotency is one of return"),
        ("faults=['explode:1']", "explode is not a kind of fault"),
        ("keys={'ci': ['king']}", "'king' is not a role"),
        ("keys={'ci': 'viewer'}", "keys is a mapping such as {'ci': ['viewer']}, not {'ci': 'viewer'}"),
        ("faults='drop-after:1:POST'", "faults is a list such as"),
        ("key_lifetime='10m'", "key_lifetime is a number of seconds, not '10m'"),
        ("latency='10ms'", "latency is a number of seconds"),
        ("latency=float('nan')", "latency is a number of seconds"),
        ("key_lifetime=-1", "key_lifetime is a number of seconds"),
        ("rate_limit=0", "rate_limit is a number of requests a minute"),
        ("rewrites='yes'", "rewrites is True or False"),
        ("rate_limit='5'", "rate_limit is a number of requests a minute"),
    ],
)
def test_a_wrong_mark_is_told(run: Run, options: str, said: str) -> None:
    """Where the test is, not deep in the sandbox."""
    ended = run(
        f"""
        @pytest.mark.incident_sandbox({options})
        def test_one(incident_sandbox):
            pass
        """
    )

    assert ended.returncode != 0
    assert said in ended.stdout


def test_who_does_not_use_it_does_not_pay(run: Run) -> None:
    """Neither the sandbox nor its server is imported for tests that have none."""
    ended = run(
        """
        import sys

        def test_one():
            assert not {"werkzeug", "waitress", "reconciler.sandbox"} & set(sys.modules)
        """,
        recorded=False,
    )

    assert "1 passed" in ended.stdout, ended.stdout
