"""How an answer can be missing, by what follows from it."""

from __future__ import annotations

from reconciler.errors import AnswerLost, ApiError, Exit

STOPPED = "the run was stopped"


class Silent(AnswerLost):
    """The answer was lost, and so was that to the question what became of it."""


class Vanished(AnswerLost):
    """The key was used before, and what it made then cannot be found, or not be seen by this API key."""

    hint = (
        "find it in the account, where it may be private, and write its `id:` below `metadata:`; "
        "or raise `metadata.generation`"
    )


class Overtaken(AnswerLost):
    """The answer to an edit was lost, and people changed what it edits meanwhile."""

    hint = "run `reconciler plan`: it shows what they changed, and what the drift policy says to it"


class Leaked(ApiError):
    """Somebody wrote the API key into the object; what was read of it has a placeholder there."""

    exit_code = Exit.NOT_ALL_DONE
    hint = "take the key out of it by hand, make a new one and revoke the old"


class NotNoted(Exception):
    """The journal did not take an intent, so nothing was sent."""
