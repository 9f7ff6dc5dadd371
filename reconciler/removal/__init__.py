"""What state remembers and no manifest declares any more → what becomes of it, and what people did to it. Pure.

`undeclared` tells which these are, `fates` what `--prune` does to each, `renames` stops those that look like a create
beside them, `drift` tells what people changed of them meanwhile.
"""

from reconciler.removal.drift import drifted, lost
from reconciler.removal.fates import removals
from reconciler.removal.renames import renamed
from reconciler.removal.undeclared import Gone, Removed, found, gone, ids_to_read, kinds_to_read, unanswered

__all__ = [
    "Gone",
    "Removed",
    "drifted",
    "found",
    "gone",
    "ids_to_read",
    "kinds_to_read",
    "lost",
    "removals",
    "renamed",
    "unanswered",
]
