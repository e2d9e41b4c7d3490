"""One speaker: a name and the x-vector that stands for a voice.

Every way to get a speaker (a checkpoint's folder, a data set, an upload, a blend) ends in the same
constructor. A vector that would make a model fail or speak noise is refused there, before any model sees it.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from speecht5_demo.errors import SpeakerError
from speecht5_demo.messages import Message

VECTOR_SIZE = 512
"""Of the published model; a checkpoint's configuration may say another."""

Vector: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Speaker:
    """A named voice.

    Attributes:
        name: short and unique within a checkpoint; what the command line and the ratings file say.
        label: what a page shows.
        vector: the embedding, float32, shape (size,), read-only. The model normalises its length itself.
        source: where the vector came from, in words.

    Raises:
        SpeakerError: when the vector is no row of numbers, holds NaN or infinity, or is all zeros.
    """

    name: str
    label: str
    vector: Vector
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vector", checked_vector(self.vector, self.name, size=None))


def checked_vector(values: npt.ArrayLike, origin: str, size: int | None = VECTOR_SIZE) -> Vector:
    """A read-only float32 copy of `values`, shape (size,).

    Args:
        values: of shape (size,), (1, size) or (1, 1, size).
        origin: opens the message of an error.
        size: that the model takes; None takes any.

    Raises:
        SpeakerError: they are not one vector of that size, or hold NaN or infinity, or are all zeros.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise SpeakerError(
            Message(
                "{file}: expected numbers, found {kind}. Save one x-vector as a float array.",
                file=origin,
                kind=array.dtype,
            )
        )
    wanted = array.size if size is None else size
    if array.ndim not in (1, 2, 3) or array.shape[-1] != wanted or array.size != wanted or not wanted:
        raise SpeakerError(
            Message(
                "{file}: expected {wanted} values, found {found} in shape {shape}. "
                "Save one x-vector as a ({wanted},), (1, {wanted}) or (1, 1, {wanted}) array.",
                file=origin,
                wanted=wanted,
                found=array.size,
                shape=array.shape,
            )
        )
    with np.errstate(over="ignore"):
        vector = array.reshape(wanted).astype(np.float32)
    broken = int(np.count_nonzero(~np.isfinite(vector)))
    if broken:
        raise SpeakerError(
            Message(
                "{file}: {broken} of the {wanted} values are NaN or infinite. Extract the x-vector again.",
                file=origin,
                broken=broken,
                wanted=wanted,
            )
        )
    if not np.any(vector):
        raise SpeakerError(
            Message(
                "{file}: all {wanted} values are zero, which is no voice. Extract the x-vector again.",
                file=origin,
                wanted=wanted,
            )
        )
    vector.setflags(write=False)
    return vector
