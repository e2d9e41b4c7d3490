"""Whom a request is from, as far as limits need to know.

A session is what a browser tab or a client calls itself; anybody can invent many. An address is harder to come by, and
a classroom shares one. So limits hold for both: small ones for a session, generous ones for an address.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks.

    Attributes:
        session: of a tab or client.
        address: where it comes from.
    """

    session: str
    address: str = UNKNOWN


def address_of(peer: str | None, headers: Mapping[str, str], behind_proxy: bool | None = None) -> str:
    """The address that limits count.

    Args:
        peer: the other end of the connection.
        headers: of the request, names in lower case.
        behind_proxy: whether the peer is a proxy of ours, so that X-Forwarded-For says who asks: its last public
            address, since whoever asks can write anything in front of it. None: in a Space, or with TRUST_PROXY=1.
    """
    if is_behind_proxy() if behind_proxy is None else behind_proxy:
        for written in reversed(headers.get("x-forwarded-for", "").split(",")):
            try:
                address = ipaddress.ip_address(written.strip())
            except ValueError:
                continue
            if address.is_global:
                return _place(address)
    try:
        return _place(ipaddress.ip_address(peer or ""))
    except ValueError:
        return peer or UNKNOWN


def is_behind_proxy(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether connections come from a proxy of ours: in a Space, or with TRUST_PROXY=1."""
    return bool(environment.get("SPACE_ID")) or environment.get("TRUST_PROXY") == "1"


def _place(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """What one place has one of: an IPv4 address, or a network of 2**64 IPv6 ones."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
