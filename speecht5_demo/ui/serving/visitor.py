"""Whom a request is from, as far as limits need to know.

A session is what a browser tab or a client calls itself; anybody can invent many. An address is harder to come by, and
a classroom shares one. So limits hold for both: small ones for a session, generous ones for an address.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import Scope

UNKNOWN = "unknown"
_FORWARDED_FOR = b"x-forwarded-for"


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks.

    Attributes:
        session: of a tab or client.
        address: where it comes from.
    """

    session: str
    address: str = UNKNOWN


def address_of(peer: str | None, headers: Mapping[str, str]) -> str:
    """The address that limits count.

    Behind a proxy of ours it is the last public one of X-Forwarded-For: whoever asks can write anything in front of it.

    Args:
        peer: the other end of the connection.
        headers: of the request, names in lower case.
    """
    if is_behind_proxy():
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


def with_addresses_in_one_line(scope: Scope) -> Scope:
    """The request with its lines of X-Forwarded-For as the one that they mean together (RFC 9110, 5.3).

    A proxy that adds a line of its own leaves the visitor's in front of it, and readers of headers differ in which they
    take.
    """
    lines = [value for name, value in scope["headers"] if name == _FORWARDED_FOR]
    if len(lines) < 2:
        return scope
    others = [pair for pair in scope["headers"] if pair[0] != _FORWARDED_FOR]
    return {**scope, "headers": [*others, (_FORWARDED_FOR, b", ".join(lines))]}


def sender_of(request: HTTPConnection) -> str:
    """The address that limits count, of who sent a request."""
    return address_of(request.client.host if request.client else None, request.headers)


def is_behind_proxy() -> bool:
    """Whether connections come from a proxy of ours: in a Space, or with TRUST_PROXY=1."""
    return bool(os.environ.get("SPACE_ID")) or os.environ.get("TRUST_PROXY") == "1"


def _place(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """What one place has one of: an IPv4 address, or a network of 2**64 IPv6 ones."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
