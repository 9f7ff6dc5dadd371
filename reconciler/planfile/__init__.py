"""A plan as a file, and whether it still holds. Pure: text in, text out."""

from reconciler.planfile.content import PLAN_AGAIN, Saved, Scope, fingerprint, is_saved, read, saved, written
from reconciler.planfile.holding import Held, hold
from reconciler.planfile.object import Known, Shown

__all__ = [
    "PLAN_AGAIN",
    "Held",
    "Known",
    "Saved",
    "Scope",
    "Shown",
    "fingerprint",
    "hold",
    "is_saved",
    "read",
    "saved",
    "written",
]
