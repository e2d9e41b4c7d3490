"""The moment that a file says it was made at."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def moment() -> datetime:
    """The present; that of SOURCE_DATE_EPOCH where it is set, as reproducible builds do, so that two runs write the
    same bytes.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given[:11]), UTC) if given.isdecimal() else datetime.now(UTC)
