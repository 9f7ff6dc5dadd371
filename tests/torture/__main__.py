"""`python -m tests.torture --runs N --seed S`: run after run until one breaks a promise, then how to see it again."""

from __future__ import annotations

from tests.torture import hurry

hurry.install()

import argparse  # noqa: E402
import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections import Counter  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.torture import process  # noqa: E402
from tests.torture.bucket import Bucket, missing  # noqa: E402
from tests.torture.run import Run  # noqa: E402


def main() -> int:
    """Run them all, and print the figures."""
    asked = _asked()
    base = Path(asked.folder or tempfile.mkdtemp(prefix="torture-"))
    base.mkdir(parents=True, exist_ok=True)
    if lacking := missing():
        print(f"no state is kept in a bucket: {' and '.join(lacking)} cannot be imported here")
    process.preload()
    gc.freeze()
    begun = time.monotonic()
    numbers = range(asked.runs) if asked.run is None else [asked.run]
    jobs = max(1, min(asked.jobs, len(numbers)))
    children = [_worker(asked.seed, list(numbers)[job::jobs], base, job, asked.keep_going) for job in range(jobs)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    _report(base, jobs, time.monotonic() - begun)
    return max(map(abs, codes))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="how many runs")
    parser.add_argument("--seed", type=int, default=1, help="what everything is drawn from")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--run", type=int, help="this run of the seed alone")
    parser.add_argument("--folder", help="where the runs happen")
    parser.add_argument("--keep-going", action="store_true", help="go on after a run that failed")
    return parser.parse_args()


def _worker(seed: int, numbers: list[int], base: Path, job: int, keep_going: bool) -> int:
    """Play some of the runs in a process of their own; its exit code is how many failed."""
    pid = os.fork()
    if pid:
        return pid
    figures: Counter[str] = Counter()
    excuses: Counter[str] = Counter()
    failed = 0
    try:
        with Bucket() as bucket:
            for number in numbers:
                run = Run(seed, number, base / f"run-{seed}-{number}", None if missing() else bucket)
                is_green = _played(run)
                figures += run.figures
                excuses += run.excuses
                failed += not is_green
                if not is_green and not keep_going:
                    break
    finally:
        (base / f"figures-{job}.json").write_text(json.dumps([figures, excuses]), encoding="utf-8")
        os._exit(min(failed, 100))


def _played(run: Run) -> bool:
    """Play a run; tell its story where it failed."""
    try:
        run.play()
    except Exception as error:  # noqa: BLE001  (a failure of the torture itself is told as well)
        told = str(error) if type(error).__name__ == "Broken" else traceback.format_exc()
        lines = [
            f"BROKEN in run {run.number} of seed {run.seed}: {told.partition(chr(10))[0]}",
            "The story:",
            *run.story,
            f"What shows it: {told}",
            f"Its files: {run.folder}",
            f"Again: python -m tests.torture --seed {run.seed} --run {run.number}",
        ]
        run.folder.mkdir(parents=True, exist_ok=True)
        (run.folder / "story.txt").write_text("\n".join(lines), encoding="utf-8")
        print("\n".join(lines), flush=True)
        return False
    run.forget()
    return True


def _report(base: Path, jobs: int, seconds: float) -> None:
    figures: Counter[str] = Counter()
    excuses: Counter[str] = Counter()
    for job in range(jobs):
        path = base / f"figures-{job}.json"
        if path.exists():
            told = json.loads(path.read_text(encoding="utf-8"))
            figures.update(told[0])
            excuses.update(told[1])
            path.unlink()
    print(f"{figures.pop('runs', 0)} runs in {seconds:.0f} s: ", end="")
    print(", ".join(f"{count:,} {name}" for name, count in sorted(figures.items()) if name))
    print("excuses: " + (", ".join(f"{count:,} {name}" for name, count in excuses.most_common()) or "none"))
    if not any(base.iterdir()):
        base.rmdir()


if __name__ == "__main__":
    sys.exit(main())
