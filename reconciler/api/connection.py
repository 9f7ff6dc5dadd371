"""An address and a key in, a client out; the environment's proxies and certificates are looked at here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from reconciler import __version__
from reconciler.api.address import checked, way_around_proxies
from reconciler.api.client import Client
from reconciler.api.clock import Clock
from reconciler.api.key import Bearer
from reconciler.api.wire import Wire
from reconciler.errors import Misused

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from reconciler.api.exchange import Exchange
    from reconciler.secrecy import Secrets

CONNECTIONS = 50
"""Beyond this many at once one pool becomes slower, not faster."""


def connect(
    base_url: str,
    key: str,
    *,
    timeout: float = 30.0,
    read_only: bool = False,
    stop: threading.Event | None = None,
    log: Callable[[Exchange], None] | None = None,
    transport: httpx.BaseTransport | None = None,
    secrets: Secrets | None = None,
    clock: Clock | None = None,
    permit: Callable[[], None] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Client:
    """Return a client of the account that `key` belongs to; nothing is sent yet.

    `timeout` is in seconds, for each answer. With `read_only`, whatever is not a GET raises before it is sent.
    Once `stop` is set, no request leaves and every wait ends, with `Interrupted`. `log` gets what became of
    each try of a request, in the thread that sends it. Proxies and certificates are those of the environment; a
    `transport` takes the place of both. `secrets` are hidden in answers as the key is. `clock` is for tests, and then
    knows `stop` itself. `permit` is asked right before each write leaves, and raises where it may not.
    `headers` go with every request.

    Raises `KeyProblem` for a key that cannot be sent or would travel unencrypted off this machine, and `Misused`
    for an address, proxies or certificates that cannot be used.
    """
    bearer = Bearer(key, secrets)
    del key  # a traceback that shows local variables must not show this one
    bearer.check()
    http = _pool(checked(base_url), bearer, transport, headers or {})
    clock = clock or Clock(stop)
    return Client(Wire(http, bearer, clock, read_only=read_only, log=log, permit=permit), clock, timeout)


def _pool(
    url: httpx.URL, bearer: Bearer, transport: httpx.BaseTransport | None, headers: Mapping[str, str]
) -> httpx.Client:
    try:
        return httpx.Client(
            base_url=url,
            auth=bearer,
            headers={"User-Agent": f"incident-reconciler/{__version__}", "Accept": "application/json", **headers},
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            # A transport of its own switches the environment's proxies off, so a real account gets none.
            transport=transport,
            mounts=None if transport else way_around_proxies(url),
            follow_redirects=False,
        )
    except (OSError, ImportError, ValueError, httpx.InvalidURL) as error:
        # Only the kind of problem is told: the address of a proxy may hold a password.
        problem = type(error).__name__
    raise Misused(
        f"the proxies or certificates that the environment names cannot be used ({problem})",
        "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR",
    )
