"""A base URL in, the same one checked out: where the key may go, and by which way."""

from __future__ import annotations

from urllib.request import getproxies

import httpx

from reconciler.api.excerpt import harmless
from reconciler.errors import KeyProblem, Misused
from reconciler.loopback import is_this_machine

EXAMPLE = "write it like https://api.incident.io"


def checked(base_url: str) -> httpx.URL:
    """Return the address of the API.

    Raises `Misused` for what is no such address, and `KeyProblem` for plain HTTP to anywhere but this machine.
    """
    url = read(base_url)
    if url.scheme == "http" and not is_this_machine(url.host):
        raise KeyProblem(
            f"the key would travel unencrypted to {harmless(url.host)}", f"use https://{harmless(url.host)}"
        )
    return url


def read(base_url: str) -> httpx.URL:
    """Return an address that needs no key; raises `Misused` for what is none."""
    try:
        url = httpx.URL(base_url.strip())
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    # httpx escapes what no host can hold.
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host:
        raise Misused(f"`{harmless(base_url)}` is not the address of an API", EXAMPLE)
    if url.userinfo or url.query or url.fragment:
        raise Misused("the base URL holds more than a host, a port and a path", EXAMPLE)
    return url


def way_around_proxies(url: httpx.URL) -> dict[str, None]:
    """Return what httpx is to reach directly although the environment names a proxy.

    A proxy elsewhere would get the key unencrypted on its way back to this machine, and could not find it either.
    """
    proxies = [getproxies().get(scheme, "") for scheme in ("http", "all")]
    elsewhere = any(proxy and not is_this_machine(_host(proxy)) for proxy in proxies)
    return {f"http://{url.netloc.decode()}": None} if url.scheme == "http" and elsewhere else {}


def _host(proxy: str) -> str:
    try:
        return httpx.URL(proxy if "://" in proxy else f"http://{proxy}").host
    except httpx.InvalidURL:
        return ""
