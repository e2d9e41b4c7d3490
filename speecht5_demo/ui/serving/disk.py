"""Room on the disk: said before it is gone, and kept for ratings, which matter more than samples."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from pathlib import Path

from speecht5_demo.errors import SynthesisError
from speecht5_demo.messages import Message

log = logging.getLogger(__name__)

WARN_BYTES = 1_000_000_000
RESERVED_BYTES = 200_000_000
"""What samples leave for ratings."""
SAID_EVERY_S = 600.0


class DiskWatch:
    """Looks at the disks of the data and of temporary files.

    Args:
        data: the deployment's data folder.
    """

    def __init__(self, data: Path) -> None:
        self._places = (data, Path(tempfile.gettempdir()))
        self._said = float("-inf")

    def free_bytes(self) -> int:
        """On the fuller of the disks."""
        free = []
        for place in self._places:
            there = next(
                folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists()
            )
            free.append(shutil.disk_usage(there).free)
        return min(free)

    def warning(self) -> str:
        """One sentence for the owner where the disk is nearly full, else nothing; the log gets it too."""
        free = self.free_bytes()
        if free >= WARN_BYTES:
            return ""
        sentence = Message(
            "The disk has {free:,.0f} MB left. Below {reserved:,.0f} MB no samples are made, so that ratings can "
            "still be kept.",
            free=free / 1e6,
            reserved=RESERVED_BYTES / 1e6,
        )
        if time.monotonic() - self._said > SAID_EVERY_S:
            self._said = time.monotonic()
            log.warning(sentence)
        return sentence

    def check(self) -> None:
        """Before anything is made.

        Raises:
            SynthesisError: what is left is for ratings.
        """
        self.warning()
        if self.free_bytes() < RESERVED_BYTES:
            raise SynthesisError(
                Message(
                    "The disk of this server is nearly full: ratings are still kept, new samples are not made. "
                    "Its owner has been told."
                )
            )
