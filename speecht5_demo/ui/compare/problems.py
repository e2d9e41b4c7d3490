"""What a page says of an error that ended what its visitor asked for."""

from __future__ import annotations

import logging
import re

from speecht5_demo.errors import DemoError
from speecht5_demo.messages import Message

log = logging.getLogger(__name__)
_FOLDERS = re.compile(r"(?<![\w/:.])/(?:[^\s/:;,'\"()]+/)+")


def problem_of(error: DemoError) -> Message:
    """The error's sentence, to be said in the visitor's language.

    One that is no message speaks to the server's owner, of files and settings: the log has it whole, and visitors get
    it without the names of folders.
    """
    said = str(error)
    if isinstance(said, Message):
        return said
    log.warning("a visitor could not be served: %s", said)
    return Message("This server cannot do that: {why}", why=_FOLDERS.sub("", said))
