"""Faults on demand: what can go wrong, for which requests, how it is written down, and what it does to an answer."""

from reconciler.sandbox.faults.fault import Fault, Kind
from reconciler.sandbox.faults.schedule import Faults
from reconciler.sandbox.faults.script import ScriptError
from reconciler.sandbox.faults.strike import ConnectionDropped, Strike

__all__ = ["ConnectionDropped", "Fault", "Faults", "Kind", "ScriptError", "Strike"]
