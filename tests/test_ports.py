"""The ports of servers that go away and come back."""

from __future__ import annotations

import socket

import pytest

from tests.ports import held_port


def test_a_server_comes_back_on_its_port() -> None:
    """However often it was away, and though somebody was connected to it when it went."""
    with held_port() as port:
        for _ in range(3):
            with (
                socket.create_server(("127.0.0.1", port)) as server,
                socket.create_connection(("127.0.0.1", port)),
            ):
                server.accept()[0].close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port))


def test_nobody_else_is_given_the_port() -> None:
    """While the server is away, the system counts the port as used."""
    with held_port() as port, socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind(("127.0.0.1", port))
