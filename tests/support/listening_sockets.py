"""What a process started, and where that listens, as Linux tells it under /proc."""

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_LISTENS = "0A"


def descendants(pid: int) -> set[int]:
    """The processes that a process started, those that they started, and so on."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            parent = re.search(r"^PPid:\s+(\d+)$", status.read_text(errors="replace"), re.MULTILINE)
            if parent:
                children.setdefault(int(parent[1]), []).append(int(status.parent.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        of = children.get(waiting.pop(), [])
        found.update(of)
        waiting += of
    return found


def addresses_listened_on(pids: set[int]) -> set[IPv4Address | IPv6Address]:
    """The addresses of the TCP sockets on which processes listen."""
    by_inode = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            cells = line.split()
            if cells[3] == _LISTENS:
                by_inode[cells[9]] = _address(cells[1].partition(":")[0])
    found = set()
    for pid in pids:
        with suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    socket = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
                    if socket and socket[1] in by_inode:
                        found.add(by_inode[socket[1]])
    return found


def _address(written: str) -> IPv4Address | IPv6Address:
    """Words of 32 bits, each in the order of a little-endian machine."""
    words = [bytes.fromhex(written[at : at + 8])[::-1] for at in range(0, len(written), 8)]
    found = ip_address(b"".join(words))
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
