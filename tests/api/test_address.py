from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import KeyProblem, Misused

if TYPE_CHECKING:
    from pathlib import Path

    from respx import MockRouter

    from .stage import Connect


@pytest.mark.parametrize(
    "url",
    [
        "https://api.incident.io",
        "https://api.incident.io/",
        " https://proxy.example/incident-io/ ",
        "http://127.0.0.1:8484",
        "http://127.9.9.9",
        "http://[::1]:8484",
        "http://localhost:8484",
        "HTTP://LOCALHOST",
    ],
)
def test_an_address_that_keeps_the_key_safe_is_taken(connected: Connect, url: str) -> None:
    """TLS to anywhere, plain HTTP to this machine."""
    connected(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.incident.io",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://2130706433",
        "http://0x7f.1",
    ],
)
def test_the_key_does_not_travel_unencrypted(connected: Connect, url: str) -> None:
    """Plain HTTP to anywhere but this machine is refused, with the way out."""
    with pytest.raises(KeyProblem, match="the key would travel unencrypted to ") as caught:
        connected(url)

    assert caught.value.hint.startswith("use https://")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.incident.io",
        "ftp://api.incident.io",
        "https://",
        "https://api.incident.io:port",
        "https://user:password@api.incident.io",
        "https://api.incident.io?x=1",
        "https://api.incident.io/#x",
        "https://api\n.incident.io",
        "http://[",
    ],
)
def test_what_is_no_address_is_told_without_its_secrets(connected: Connect, url: str) -> None:
    """A base URL is a host, a port and a path; a password in it is not repeated."""
    with pytest.raises(Misused) as caught:
        connected(url)

    assert caught.value.hint == "write it like https://api.incident.io"
    assert "password" not in str(caught.value)


def test_a_path_in_the_address_is_kept(connected: Connect, respx_mock: MockRouter) -> None:
    """A gateway may offer the API under a path of its own."""
    route = respx_mock.get("https://gateway.example/incident-io/v1/identity").respond(200, json={})

    connected("https://gateway.example/incident-io/").get("/v1/identity")

    assert route.called


@pytest.mark.parametrize("proxy", ["socks5://user:password@proxy.example", "ftp://user:password@proxy.example"])
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    connected: Connect, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """What the environment says wrong is no crash, and its secrets stay there."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(Misused, match="the proxies or certificates that the environment names") as caught:
        connected()

    assert "password" not in str(caught.value)


def test_certificates_that_are_not_there_are_told(
    connected: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SSL_CERT_FILE is used, which shows when it names nothing."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nothing.pem"))

    with pytest.raises(Misused) as caught:
        connected()

    assert "SSL_CERT_FILE" in caught.value.hint
