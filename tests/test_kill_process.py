"""The same promise with real processes: SIGKILL at a random moment, then the same command again."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.processes import RECONCILER, environment, serving

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """\
apiVersion: reconciler/v1
kind: Incident
metadata: {{name: incident-{number}}}
spec:
  name: Incident {number}
  mode: test
  severity: Minor
  call_url: https://meet.example.com/{number}
  updates:
    - {{id: first, message: First of {number}.}}
    - {{id: second, message: Second of {number}., status: Fixing}}
"""
INCIDENTS = 6
KILLS = 3


def get(url: str, path: str) -> dict[str, list[dict[str, str]]]:
    """Read a list of the account."""
    answer = httpx.get(f"{url}{path}", headers={"Authorization": "Bearer sandbox"}, trust_env=False)
    found: dict[str, list[dict[str, str]]] = answer.raise_for_status().json()
    return found


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_killed_process_is_finished_by_the_next(tmp_path: Path, idempotency: str, state: str) -> None:
    """Kill apply at random moments; the last one, left alone, ends with each thing once and an empty plan."""
    chance = random.Random(f"{idempotency} {state}")
    text = "---\n".join(MANIFEST.format(number=number) for number in range(INCIDENTS))
    (tmp_path / "incidents.yaml").write_text(text, encoding="utf-8")
    with serving(tmp_path, "--latency", "20ms", "--idempotency", idempotency) as url:
        command = [*RECONCILER, "apply", ".", "--base-url", url, "--auto-approve", "--parallelism", "3"]
        for _ in range(KILLS):
            with subprocess.Popen(
                command,
                cwd=tmp_path,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                bufsize=1,
            ) as process:
                assert process.stderr is not None
                process.stderr.readline()
                time.sleep(chance.uniform(0, 0.15))
                process.send_signal(signal.SIGKILL)
            if state == "lost":
                shutil.rmtree(tmp_path / ".reconciler", ignore_errors=True)

        done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stderr
        incidents = get(url, "/v2/incidents?page_size=250&mode[one_of]=test")["incidents"]
        assert Counter(one["name"] for one in incidents) == Counter(f"Incident {n}" for n in range(INCIDENTS))
        updates = get(url, "/v2/incident_updates?page_size=250")["incident_updates"]
        told = Counter(one["message"] for one in updates if one.get("message"))
        wanted = [f"{word} of {number}." for word in ("First", "Second") for number in range(INCIDENTS)]
        assert told == Counter(wanted)
        again = subprocess.run(
            [*RECONCILER, "plan", ".", "--base-url", url, "--detailed-exitcode"],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 0, again.stdout
