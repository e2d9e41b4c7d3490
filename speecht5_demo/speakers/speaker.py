"""One speaker: a name and the x-vector that stands for a voice.

Every way to get a speaker (a checkpoint's folder, a data set, an upload, a blend) ends in the same
constructor. A vector that would make a model fail or speak noise is refused there, before any model sees it.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from speecht5_demo.errors import SpeakerError

VECTOR_SIZE = 512

Vector: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Speaker:
    """A named voice.

    Attributes:
        name: short and unique within a checkpoint; what the command line and the ratings file say.
        label: what a page shows.
        vector: the embedding, float32, shape (512,), read-only. The model normalises its length itself.
        source: where the vector came from, in words.

    Raises:
        SpeakerError: when the vector has another size, holds NaN or infinity, or is all zeros.
    """

    name: str
    label: str
    vector: Vector
    source: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "vector", checked_vector(self.vector, self.name))


def checked_vector(values: npt.ArrayLike, origin: str) -> Vector:
    """A read-only float32 copy of `values`, shape (512,), or a `SpeakerError` that starts with `origin`."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise SpeakerError(
            f"{origin}: expected numbers, found {array.dtype}. Save one x-vector as a float array."
        )
    if array.shape not in {(VECTOR_SIZE,), (1, VECTOR_SIZE)}:
        raise SpeakerError(
            f"{origin}: expected {VECTOR_SIZE} values, found {array.size} in shape {array.shape}. "
            f"Save one x-vector as a ({VECTOR_SIZE},) or (1, {VECTOR_SIZE}) array."
        )
    with np.errstate(over="ignore"):
        vector = array.reshape(VECTOR_SIZE).astype(np.float32)
    broken = int(np.count_nonzero(~np.isfinite(vector)))
    if broken:
        raise SpeakerError(
            f"{origin}: {broken} of the {VECTOR_SIZE} values are NaN or infinite. Extract the x-vector again."
        )
    if not np.any(vector):
        raise SpeakerError(
            f"{origin}: all {VECTOR_SIZE} values are zero, which is no voice. Extract the x-vector again."
        )
    vector.setflags(write=False)
    return vector
