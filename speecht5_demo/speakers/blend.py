"""A voice between two voices."""

import math

import numpy as np

from speecht5_demo.errors import SpeakerError
from speecht5_demo.messages import Message
from speecht5_demo.speakers.speaker import Speaker, Vector


def blend(a: Speaker, b: Speaker, share: float) -> Speaker:
    """The speaker that is `share` of `b` and the rest of `a`.

    The model brings every vector to length 1, so only directions count: both are brought to length 1 before
    they are mixed, or the longer one would win whatever the share.

    Args:
        share: from 0 (only `a`) to 1 (only `b`).

    Raises:
        SpeakerError: when the share is out of range, the vectors are of different sizes, or cancel each other.
    """
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise SpeakerError(
            Message(
                "A blend needs a share from 0 to 1, found {share}. 0.5 is half of each speaker.", share=share
            )
        )
    if a.vector.size != b.vector.size:
        raise SpeakerError(
            Message(
                "{first} has {size} values and {second} {other}: only speakers of one model blend.",
                first=a.name,
                size=a.vector.size,
                second=b.name,
                other=b.vector.size,
            )
        )
    mixed = (1 - share) * _unit(a.vector) + share * _unit(b.vector)
    length = float(np.linalg.norm(mixed))
    if length < 1e-3:
        raise SpeakerError(
            Message(
                "{first} and {second} are opposite: they cancel at a share of {share}. Choose another share.",
                first=a.name,
                second=b.name,
                share=f"{share:g}",
            )
        )
    percent = f"{100 * share:g}"
    return Speaker(
        name=f"{a.name}+{b.name}:{share:g}",
        label=Message("{first} with {percent} % of {second}", first=a.label, percent=percent, second=b.label),
        vector=(mixed / length).astype(np.float32),
        source=f"blend of {a.name} ({a.source}) and {b.name} ({b.source})",
    )


def _unit(vector: Vector) -> np.ndarray:
    wide = vector.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide))
