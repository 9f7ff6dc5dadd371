"""What things cost: `python -m tests.benchmarks [NAME…]` prints a figure a line. Talks to this machine alone."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmark_gameday import hosting
from tests.benchmark_planfile import saving
from tests.benchmark_render import rendering
from tests.benchmark_sandbox import sandboxing
from tests.benchmark_state import remembering
from tests.processes import RECONCILER, environment, serving
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MANIFEST = """\
apiVersion: reconciler/v1
kind: Incident
metadata:
  name: incident-{number}
  labels: {{team: payments, region: eu-west-1}}
spec:
  name: Checkout latency above SLO, case {number}
  summary: |
    p99 above 2 s in eu-west-1 since 09:12 UTC.
    Seen by customers of the second acquirer.
    A bad deploy is being rolled back.
  status: Fixing
  severity: Minor
  declare_as: {{status: Investigating, severity: Minor}}
  mode: test
  visibility: public
  custom_fields:
    Affected services: [Checkout, Payments]
    Customers affected: {number}
  roles: {{Incident Lead: alice@example.com}}
  updates:
    - id: first-notice
      message: We see elevated latency, case {number}.
    - id: cause-found
      message: A bad deploy, rolling back; case {number}.
      status: Fixing
"""


def write(folder: Path, manifests: int, files: int, text: str = MANIFEST) -> None:
    """Write manifests of 25 lines each, evenly over some files."""
    each = manifests // files
    for index in range(files):
        numbers = range(index * each, (index + 1) * each)
        documents = "---\n".join(text.format(number=number) for number in numbers)
        (folder / f"incidents-{index:03}.yaml").write_text(documents, encoding="utf-8")


def seconds(command: list[str], folder: Path | None = None, expect: int = 0) -> float:
    """Run a process to its end and return how long it took."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environment())
    assert done.returncode == expect, done.stderr.decode()
    return time.perf_counter() - begin


def median(measure: Callable[[], float], times: int = 15) -> float:
    """Return the median of several measurements."""
    return statistics.median(measure() for _ in range(times))


def startup() -> Iterator[str]:
    """Yield how long the commands that do nothing take, beside Python that does nothing."""
    nothing = median(lambda: seconds([sys.executable, "-c", "pass"]))
    yield f"python -c pass          {nothing * 1000:6.0f} ms"
    for flag in ("--help", "--version"):
        took = median(lambda flag=flag: seconds([*RECONCILER, flag]))  # type: ignore[misc]
        yield f"reconciler {flag:<12} {took * 1000:6.0f} ms  ({took / nothing:.1f} x)"


def validating() -> Iterator[str]:
    """Yield how long `validate` takes, and how much memory."""
    for manifests, files in ((1_000, 100), (10_000, 1_000)):
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), manifests, files)
            took = median(lambda name=name: seconds([*RECONCILER, "validate", name]), 3)  # type: ignore[misc]
            yield f"validate {manifests:6} manifests in {files:5} files  {took:6.2f} s  {peak(name)} MB"


def peak(folder: str) -> int:
    """Return the most memory (MB) that a `validate` of a folder holds."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    command = [sys.executable, "-c", code, *RECONCILER, "validate", folder]
    return int(subprocess.run(command, capture_output=True, check=True, env=environment()).stdout)


def planning() -> Iterator[str]:
    """Yield how long a plan of managed incidents with nothing to do takes, and what it asks for."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, 1_000, 100)
        world = World(folder, rate_limit=1_000_000)
        begin = time.perf_counter()
        world.settle()
        yield f"apply of 1,000 new incidents, in process      {time.perf_counter() - begin:6.2f} s"
        before = len(world.requests())
        took = median(lambda: no_op(world), 5)
        asked = [one["path"] for one in world.requests()[before:]][: (len(world.requests()) - before) // 5]
        lists = asked.count("/v2/incidents")
        single = sum(path.startswith("/v2/incidents/") for path in asked)
        yield f"no-op plan of 1,000 managed incidents, in process {took:6.2f} s"
        yield f"  GETs: {len(asked)} in all, {lists} of incident pages, {single} of single incidents"
        whole = median(lambda: seconds([*RECONCILER, "plan", ".", "--sandbox"], folder), 3)
        yield f"the same as a whole process                   {whole:6.2f} s"


def no_op(world: World) -> float:
    """Plan once, expect nothing to do, and return how long it took."""
    begin = time.perf_counter()
    plan = world.plan()
    took = time.perf_counter() - begin
    assert plan.is_empty
    assert len(plan.unchanged) == plan.resources
    return took


def applying() -> Iterator[str]:
    """Yield how long 200 new incidents with 2 updates each take where every answer takes 100 ms."""
    latency, parallelism = 0.1, 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, 200, 20)
        with serving(folder, "--latency", "100ms") as url:
            command = [*RECONCILER, "apply", ".", "--base-url", url, "--auto-approve", "-v", "--format", "json"]
            command += ["--parallelism", str(parallelism)]
            begin = time.perf_counter()
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment())
            took = time.perf_counter() - begin
        assert done.returncode == 0, done.stderr[-2000:]
        writes = len(re.findall(r"^POST ", done.stderr, re.MULTILINE))
        refused = len(re.findall(r"\b429\b", done.stderr))
        ideal = writes / parallelism * latency
        yield f"apply of 200 incidents with 2 updates, 100 ms latency: {took:5.2f} s, {writes} writes, {refused} x 429"
        yield f"  ideal (requests / parallelism x latency) {ideal:5.2f} s: {took / ideal:.2f} x"


BENCHMARKS: dict[str, Callable[[], Iterator[str]]] = {
    "startup": startup,
    "validate": validating,
    "plan": planning,
    "apply": applying,
    "gameday": hosting,
    "planfile": saving,
    "render": rendering,
    "sandbox": sandboxing,
    "state": remembering,
}


def main(names: list[str]) -> None:
    """Run the benchmarks of these names, or all."""
    for name in names or BENCHMARKS:
        for line in BENCHMARKS[name]():
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
