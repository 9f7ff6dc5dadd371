from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.errors import Unreachable

from .stage import BASE_URL, KEY, whole

if TYPE_CHECKING:
    from .stage import Connect, Serve

GOOD = whole(b'{"ok": true}')


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_used(
    connected: Connect, serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """What the environment names is asked, and the target is not."""
    proxy, target = serve(GOOD), serve(GOOD)
    monkeypatch.setenv(variable, proxy.url)

    answer = connected(target.url).get("/v1/identity")

    assert answer.body == {"ok": True}
    assert proxy.requests[0].startswith(b"GET %s/v1/identity HTTP/1.1\r\n" % target.url.encode())
    assert target.requests == []


def test_no_proxy_is_respected(connected: Connect, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment excludes is reached directly."""
    proxy, target = serve(GOOD), serve(GOOD)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    connected(target.url).get("/v1/identity")

    assert (len(proxy.requests), len(target.requests)) == (0, 1)


@pytest.mark.parametrize("proxy", ["http://proxy.invalid:3128", "proxy.invalid:3128"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_elsewhere_does_not_get_the_key_unencrypted(
    connected: Connect, serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    """Plain HTTP to this machine stays on this machine, whatever the environment says."""
    target = serve(GOOD)
    monkeypatch.setenv(variable, proxy)

    assert connected(target.url).get("/v1/identity").body == {"ok": True}


def test_a_real_account_is_reached_through_a_tunnel(
    connected: Connect, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy is asked for a tunnel and does not see the key; its refusal means that nothing was sent."""
    proxy = serve(whole(b"", b"403 Not \x1b[31mhere"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    with pytest.raises(Unreachable) as caught:
        connected(BASE_URL).send("POST", "/v2/incidents", {"name": "x"})

    assert "the proxy makes no connection to api.incident.io: 403 Not" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(proxy.requests) == 3
    assert proxy.requests[0].startswith(b"CONNECT api.incident.io:443 HTTP/1.1\r\n")
    assert KEY.encode() not in b"".join(proxy.requests)
