"""What of a sessions file may leave the machine: everything but a crowd platform's ids.

An id is replaced by a hash that only the deployment's secret can make: the rows of one person stay together, and nobody
who does not hold the secret can tell who it is, or try ids until one fits.
"""

import csv
import hmac
import io

ID_COLUMNS = ("platform_participant", "platform_session")
MARK = "hashed-"


def hashed_id(secret: bytes, name: str) -> str:
    """The hash that stands for a platform's id outside of this machine; nothing for nothing."""
    if not name or name.startswith(MARK):
        return name
    return MARK + hmac.digest(secret, f"platform id\x00{name}".encode(), "sha256").hex()[:24]


def without_platform_ids(sessions: bytes, secret: bytes) -> bytes:
    """A sessions file with its platform ids hashed; all other cells as they are."""
    rows = list(csv.reader(io.StringIO(sessions.decode("utf-8-sig", errors="replace"), newline="")))
    header = rows[0] if rows else []
    places = [place for place, name in enumerate(header) if name in ID_COLUMNS]
    for row in rows[1:]:
        for place in places:
            if place < len(row):
                row[place] = hashed_id(secret, row[place])
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
