"""How the acoustic model is told who speaks."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from speecht5_demo.checkpoints.embedded import FOLDER as BUILT_IN
from voice_training.speaker_encoding import blurred, speaker_encodings
from voice_training.teachers import Flite

_NAMES = Flite.encoding_order


def test_the_built_in_voice_knows_its_speakers_by_them() -> None:
    for name, vector in speaker_encodings(_NAMES).items():
        np.testing.assert_array_equal(np.load(BUILT_IN / "speakers" / f"{name}.npy").reshape(-1), vector)


@pytest.mark.parametrize("count", [1, 4, 8])
def test_they_are_unit_vectors_at_right_angles(count: int) -> None:
    vectors = np.stack(list(speaker_encodings([str(place) for place in range(count)]).values()))
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(count), atol=1e-6)


def test_one_survives_eight_bits_beside_the_hidden_values() -> None:
    largest_hidden = 8.0
    step = 2 * largest_hidden / 255
    for vector in speaker_encodings(_NAMES).values():
        rounded = np.round(vector / step) * step
        assert np.linalg.norm(rounded - vector) < 0.2 * np.linalg.norm(vector)


@pytest.mark.parametrize("count", [2, 4])
def test_a_blurred_one_stays_nearest_to_its_speaker(count: int) -> None:
    vectors = torch.from_numpy(np.stack(list(speaker_encodings([str(i) for i in range(count)]).values())))
    torch.manual_seed(0)
    for _ in range(100):
        heard = F.normalize(blurred(vectors, 0.3, count), dim=1)
        assert (heard @ vectors.T).argmax(1).tolist() == list(range(count))
