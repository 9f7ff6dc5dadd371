"""Ports for servers that go away and come back: nobody else is given the port meanwhile."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def held_port() -> Iterator[int]:
    """Hold a free port of this machine; only servers that reuse addresses, as those of the tests do, can listen on it.

    The system takes any free port for an outgoing connection, and for a server that asks for none in particular. A
    port that a socket is bound to is not free, though a connection to it is refused until somebody listens.
    """
    with socket.socket() as holding:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind(("127.0.0.1", 0))
        yield holding.getsockname()[1]
