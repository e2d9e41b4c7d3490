"""Who may see a running study: whoever holds the owner's key.

The key comes from the environment, or is made once beside the data in a file that only this user may read. It
is never part of an address, and it is compared in constant time.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

KEY_FILE = "owner-key"


class Owner:
    """The key of one deployment."""

    def __init__(self, key: str) -> None:
        self._key = key.strip().encode()

    @classmethod
    def of(cls, data: Path, chosen: str | None) -> Owner:
        """The chosen key, else the one in `data`, made with mode 0600 when there is none."""
        if chosen:
            return cls(chosen)
        path = data / KEY_FILE
        data.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            print(f"The owner's key for the Results page is in {path}")
            return cls(path.read_text(encoding="utf-8"))
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            key = secrets.token_urlsafe(18)
            stream.write(key + "\n")
        print(f"The owner's key for the Results page was written to {path}")
        return cls(key)

    def is_known(self, given: object) -> bool:
        """Whether `given` is the key; anything that is not a text is not."""
        if not isinstance(given, str) or not self._key or len(given) > 500:
            return False
        return hmac.compare_digest(given.strip().encode(), self._key)
