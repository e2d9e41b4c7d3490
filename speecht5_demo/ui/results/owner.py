"""Who may see a running study: whoever holds the owner's key.

The key comes from the environment, or is made once beside the data in a file that only this user may read. It is never
part of an address or a log, it is compared in constant time, and it cannot be guessed quickly.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path

from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message
from speecht5_demo.ui.settings import SettingsError

KEY_FILE = "owner-key"
GUESSES = 5
"""Wrong keys of an address in `SPAN_S` seconds; then it has to wait, also with the right one."""
ALL_GUESSES = 60
SPAN_S = 60.0
REMEMBERED = 2_000


class GuessedTooOftenError(DemoError):
    """Somebody tries keys."""


class Owner:
    """The key of one deployment."""

    def __init__(self, key: str) -> None:
        self._key = key.strip().encode()
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, dict[bytes, float]] = OrderedDict()

    @classmethod
    def of(cls, data: Path, chosen: str | None) -> Owner:
        """The chosen key, else the one in `data`, made with mode 0600 when there is none.

        Raises:
            SettingsError: the folder can neither hold nor give one.
        """
        if chosen:
            return cls(chosen)
        path = data / KEY_FILE
        try:
            data.mkdir(parents=True, exist_ok=True)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                print(f"The owner's key for the Results page is in {path}")
                return cls(path.read_text(encoding="utf-8"))
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                key = secrets.token_urlsafe(18)
                stream.write(key + "\n")
        except OSError as error:
            raise SettingsError(
                f"DATA_DIR {data} cannot be written ({error.strerror}). Name a folder that this process may write to."
            ) from error
        print(f"The owner's key for the Results page was written to {path}")
        return cls(key)

    def is_known(self, given: object, address: str = "") -> bool:
        """Whether `given` is the key; anything that is not a text is not.

        Raises:
            GuessedTooOftenError: this address tried too many.
        """
        if not isinstance(given, str) or not given.strip() or not self._key or len(given) > 500:
            return False
        tried = given.strip().encode("utf-8", errors="replace")
        with self._lock:
            self._check(address)
            if hmac.compare_digest(tried, self._key):
                return True
            # One wrong key in the field is sent again and again by the page, and is one guess.
            self._wrong.setdefault(address, {}).setdefault(hashlib.sha256(tried).digest(), time.monotonic())
            self._wrong.move_to_end(address)
            while len(self._wrong) > REMEMBERED:
                self._wrong.popitem(last=False)
        return False

    def _check(self, address: str) -> None:
        limit = time.monotonic() - SPAN_S
        for one, guesses in list(self._wrong.items()):
            for guess in [guess for guess, when in guesses.items() if when < limit]:
                del guesses[guess]
            if not guesses:
                del self._wrong[one]
        mine = len(self._wrong.get(address, {}))
        if mine >= GUESSES or sum(map(len, self._wrong.values())) >= ALL_GUESSES:
            raise GuessedTooOftenError(
                Message("Too many wrong keys were tried. Wait a minute, then enter the key again.")
            )
