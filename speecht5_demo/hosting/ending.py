"""The end of a server that is asked to stop: no more ratings, the last ones carried off, gone within ten seconds."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from speecht5_demo.hosting.uploader import RatingsUploader
from speecht5_demo.hosting.writer import ServedRatingsWriter

log = logging.getLogger(__name__)


def end_on_sigterm(writer: ServedRatingsWriter | None, uploader: RatingsUploader | None) -> None:
    """Push once more when the process is asked to end. Call it from the main thread.

    Args:
        writer: takes no rating from then on, so that none is acknowledged after the last push.
        uploader: of the ratings; None where they stay on the disk.
    """

    def end(number: int, frame: FrameType | None) -> None:
        # Asked twice, it goes on with what the first asking began.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        log.info("Asked to end.")
        if writer is not None:
            writer.end()
        if uploader is not None:
            uploader.stop()
        log.info("Ended.")
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        # At once: a synthesis in a native thread would abort an orderly end; all ratings are on the disk.
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
