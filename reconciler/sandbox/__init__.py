"""An emulation of the incident.io API: requests in, documented answers out; shares no table with the kinds."""

from reconciler.sandbox.app import Sandbox, create_app
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.faults import ConnectionDropped, Faults, ScriptError
from reconciler.sandbox.limits import Rates
from reconciler.sandbox.store import NoRoomError, NotASandboxError

__all__ = [
    "Behaviour",
    "ConnectionDropped",
    "Faults",
    "NoRoomError",
    "NotASandboxError",
    "Rates",
    "Sandbox",
    "ScriptError",
    "create_app",
]
