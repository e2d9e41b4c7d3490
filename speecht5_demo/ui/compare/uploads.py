"""Speakers that visitors brought: checked when they are chosen, kept as vectors in memory, and for an hour.

No file of a visitor stays on the disk, and the page holds a random word instead of a path.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

from speecht5_demo.errors import DemoError, SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.speakers import VECTOR_SIZE, Speaker, load_upload
from speecht5_demo.ui.compare.problems import problem_of

KEPT_S = 3600.0
KEPT_AN_ADDRESS = 30
KEPT = 1_000
MAX_BYTES = 64 * 1024
_ENDING = re.compile(r"\.\w{1,8}$")


class UploadedSpeakers:
    """Vectors by token.

    Args:
        size: values that the checkpoint's vectors have.
    """

    def __init__(self, size: int = VECTOR_SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Speaker, str, float]] = OrderedDict()

    def check(self, sent: Any, address: str) -> dict[str, str]:
        """Read a file that somebody chose.

        Args:
            sent: `{"name": ..., "content": ...}`, the content in base64.
            address: whose it is.

        Returns:
            `{"speaker": token, "label": ...}`, or `{"problem": sentence}`.
        """
        try:
            speaker = _read(sent, self._size)
        except DemoError as error:
            return {"problem": problem_of(error)}
        return self.keep(speaker, address)

    def keep(self, speaker: Speaker, address: str) -> dict[str, str]:
        """Keep a speaker that was found usable; what is returned is as that of `check`."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._sweep()
            mine = [key for key, (_, owner, _) in self._kept.items() if owner == address]
            for key in mine[: max(0, len(mine) - KEPT_AN_ADDRESS + 1)]:
                del self._kept[key]
            if len(self._kept) >= KEPT:
                return {
                    "problem": Message(
                        "This server holds as many uploaded speakers as it can. Try again in an hour."
                    )
                }
            self._kept[token] = (speaker, address, time.monotonic())
        return {"speaker": token, "label": speaker.label}

    def find(self, token: str) -> Speaker:
        """The speaker of a token.

        Raises:
            SpeakerError: it was swept, or nobody gave it out.
        """
        with self._lock:
            self._sweep()
            found = self._kept.get(token)
        if found is None:
            raise SpeakerError(
                Message(
                    "The uploaded speaker is no longer kept: files are kept for an hour. Choose it again."
                )
            )
        return found[0]

    def knows(self, token: object) -> bool:
        """Whether a token's speaker is kept."""
        with self._lock:
            self._sweep()
            return token in self._kept

    def _sweep(self) -> None:
        limit = time.monotonic() - KEPT_S
        for key in [key for key, (_, _, since) in self._kept.items() if since < limit]:
            del self._kept[key]


def _read(sent: Any, size: int) -> Speaker:
    name, content = (sent.get("name"), sent.get("content")) if isinstance(sent, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(content, str) or len(name) > 255:
        raise SpeakerError(Message("Choose a .npy or .pt file with one speaker vector."))
    if len(content) > 4 * (MAX_BYTES // 3 + 1):
        raise SpeakerError(
            Message(
                "{name}: a speaker vector takes a few kilobytes; choose a file up to 64 kB.", name=name[:60]
            )
        )
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SpeakerError(Message("The file did not arrive whole. Choose it again.")) from error
    ending = _ENDING.search(name)
    stem = re.sub(r"[^\w .-]", "_", name[: ending.start()] if ending else name)[:40] or "speaker"
    with tempfile.TemporaryDirectory(prefix="speecht5-demo-upload-") as folder:
        path = Path(folder) / f"{stem}{ending.group() if ending else ''}"
        path.write_bytes(data)
        return load_upload(path, size)
