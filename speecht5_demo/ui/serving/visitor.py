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
    if behind_proxy is None:
        behind_proxy = bool(os.environ.get("SPACE_ID")) or os.environ.get("TRUST_PROXY") == "1"
    if behind_proxy:
        for written in reversed(headers.get("x-forwarded-for", "").split(",")):
            try:
                address = ipaddress.ip_address(written.strip())
            except ValueError:
                continue
            if address.is_global:
                return str(address)
    return peer or UNKNOWN
