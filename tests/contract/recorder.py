"""For runs of pytest that tests start, `-p tests.contract.recorder`: sandboxes of that process record as others do."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.sandbox.recording import Recorder
from tests.contract.watch import VARIABLE, observing

if VARIABLE in os.environ:
    observing(Recorder(Path(os.environ[VARIABLE]))).start()
