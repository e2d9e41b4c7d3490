"""From what a user typed to a speaker."""

import difflib
from collections.abc import Mapping

from speecht5_demo.errors import SpeakerError
from speecht5_demo.speakers.speaker import Speaker


def find_speaker(speakers: Mapping[str, Speaker], name: str) -> Speaker:
    """The speaker called `name`, whatever its case.

    Raises:
        SpeakerError: naming the speakers that there are, and the nearest one.
    """
    wanted = name.strip().casefold()
    for known, speaker in speakers.items():
        if known.casefold() == wanted:
            return speaker
    near = difflib.get_close_matches(wanted, list(speakers), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise SpeakerError(f"No speaker is called {name!r}.{hint} Choose one of: {', '.join(speakers)}.")
