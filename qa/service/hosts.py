"""The addresses and names of this machine."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an IP address, given as text."""
    found = parse_address(address)
    return found is not None and found.is_loopback


def parse_address(address: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address; an IPv4 address inside an IPv6 one as IPv4; None if it is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def stays_here(host: str) -> bool:
    """Whether only this machine can reach a service that listens on ``host``.

    Raises OSError for a name that has no address.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except ValueError as error:  # a name that cannot be encoded
        raise OSError(str(error)) from error
    return all(is_loopback(str(address[0])) for *_, address in found)


def host_of(address: str) -> str:
    """Return the host of ``name:port`` or ``[address]:port``, in small letters; "" if none."""
    try:
        return urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return ""
