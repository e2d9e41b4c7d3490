"""From what a user typed to a speaker."""

import difflib
import re
from collections.abc import Mapping

from speecht5_demo.errors import SpeakerError
from speecht5_demo.messages import Message, joined
from speecht5_demo.speakers.blend import blend
from speecht5_demo.speakers.speaker import Speaker


def find_speaker(speakers: Mapping[str, Speaker], name: str) -> Speaker:
    """The speaker called `name`, whatever its case, or a blend.

    `am_michael+bf_emma` is half of each, `am_michael+bf_emma:0.3` has 30 % of bf_emma.

    Never opens a file: the name may come from anybody.

    Raises:
        SpeakerError: naming the speakers that there are, and the nearest one.
    """
    wanted = name.strip().casefold()[:100]
    by_name = {known.casefold(): speaker for known, speaker in speakers.items()}
    if wanted in by_name:
        return by_name[wanted]
    if mixed := re.fullmatch(r"([^+:]+)\+([^+:]+(?::.*)?)", wanted):
        return blend_by_name(find_speaker(speakers, mixed[1]), mixed[2], speakers)
    near = difflib.get_close_matches(wanted, list(by_name), n=1)
    shown = name if len(name) <= 40 else name[:40] + "…"
    told = [
        Message("No speaker is called {name}.", name=repr(shown)),
        *([Message("Did you mean {name}?", name=by_name[near[0]].name)] if near else []),
        Message("Choose one of: {names}.", names=", ".join(speakers)),
    ]
    raise SpeakerError(joined(" ", [*told]))


def blend_by_name(first: Speaker, second: str, speakers: Mapping[str, Speaker]) -> Speaker:
    """`first` with one of `speakers`: `bf_emma` is half of each, `bf_emma:0.3` has 30 % of bf_emma.

    Raises:
        SpeakerError: there is no such speaker, or the share is not between 0 and 1.
    """
    name, colon, written = second.partition(":")
    try:
        share = float(written) if colon else 0.5
    except ValueError as error:
        raise SpeakerError(
            Message(
                "The share in {name} is no number. "
                "Write a blend as am_michael+bf_emma:0.3, with 0 to 1 of the second.",
                name=repr(second),
            )
        ) from error
    return blend(first, find_speaker(speakers, name), share)
