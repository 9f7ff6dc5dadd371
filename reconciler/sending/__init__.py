"""One change → what became of it: the intent noted, the request sent, the answer or its loss understood, and noted.

A create whose answer was lost is looked for before it is asked for again, with the same key and the same body: so it
is found where the API has forgotten the key, and made once where the request never arrived. An edit is read back
first, and what others changed meanwhile is written over only where the drift policy says so. Nothing is guessed: what
cannot be told is *unknown*, and the next run finds out.
"""

from reconciler.sending.outcomes import Result
from reconciler.sending.run import Policy, keep
from reconciler.sending.sender import Sender

__all__ = ["Policy", "Result", "Sender", "keep"]
