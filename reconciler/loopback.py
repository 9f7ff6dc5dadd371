"""A host, or the URL of one -> whether it is this very machine. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_this_machine(host: str) -> bool:
    """Tell whether `host` is 127.0.0.0/8, ::1 or localhost, written in the usual way."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def leads_to_this_machine(url: str) -> bool:
    """Tell whether the host of a URL is this machine; what is no URL leads nowhere."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return is_this_machine(host or "")
