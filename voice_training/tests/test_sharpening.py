"""Sharp frames come back where a mean had smeared them, and nothing but the postnet pays for it."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import SpeechT5ForTextToSpeech

from voice_training.acoustic_batches import AcousticClips
from voice_training.acoustic_model import new_model
from voice_training.corpus import Clip, make_corpus, read_shards
from voice_training.loop import Journal
from voice_training.settings import MINIATURE, SharpeningSettings
from voice_training.sharpening import Guesses, Postnet, SharpeningTraining, guesses, sharpness

_SETTINGS = SharpeningSettings(
    batch=4, piece_frames=24, warm_up=5, judges_from=4, judges_width=8, learning_rate=2e-3
)
_FRAMES, _BINS, _STEPS = 400, 80, 200


def model() -> SpeechT5ForTextToSpeech:
    """A small model whose postnet changes nothing yet."""
    torch.manual_seed(0)
    new = new_model(MINIATURE.acoustic, torch.zeros(_BINS), 4)
    torch.nn.init.zeros_(new.speech_decoder_postnet.layers[-1].batch_norm.weight)
    return new


def unforeseeable_harmonics() -> Guesses:
    """Frames with stripes whose place nothing tells, and guesses without any."""
    chance = torch.Generator().manual_seed(1)
    envelope = torch.linspace(-1.0, -2.0, _BINS).expand(_FRAMES, _BINS)
    place = torch.rand(_FRAMES // 8, 1, generator=chance).repeat_interleave(8, 0)
    stripes = 0.3 * torch.cos(2 * torch.pi * (torch.arange(_BINS) / 6 + place))
    return Guesses(envelope.half(), (envelope + stripes).half(), (0, 200), (200, 200))


def trained(folder: Path, judged: bool) -> dict[str, float]:
    heard = unforeseeable_harmonics()
    settings = _SETTINGS if judged else replace(_SETTINGS, judges_from=10**9)
    training = SharpeningTraining(
        model(), settings, heard, folder / "state.pt", Journal(folder / "j", print), 1
    )
    for _ in range(_STEPS):
        training.advance(0.0)
    return sharpness(training.average.model, heard)


def test_judges_bring_back_the_detail_that_nearness_smears(tmp_path: Path) -> None:
    near, sharp = trained(tmp_path / "near", judged=False), trained(tmp_path / "sharp", judged=True)
    assert near["bins"] < 0.4
    assert sharp["bins"] > near["bins"] + 0.2
    assert sharp["l1"] < 1.5 * near["l1"]


def test_only_the_postnet_changes(tmp_path: Path) -> None:
    acoustic = model()
    before = {name: weights.clone() for name, weights in acoustic.state_dict().items()}
    training = SharpeningTraining(
        acoustic,
        _SETTINGS,
        unforeseeable_harmonics(),
        tmp_path / "state.pt",
        Journal(tmp_path / "j", print),
        1,
    )
    for _ in range(8):
        training.advance(0.0)
    changed = {
        name for name, weights in acoustic.state_dict().items() if not torch.equal(weights, before[name])
    }
    assert changed
    assert all(name.startswith("speech_decoder_postnet.layers.") for name in changed)


def test_sharpness_of_the_frames_themselves_is_one() -> None:
    heard = unforeseeable_harmonics()
    same = Guesses(heard.real, heard.real, heard.first, heard.frames)
    assert sharpness(Postnet(model()).eval(), same) == {"l1": 0.0, "bins": 1.0, "frames": 1.0}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    folder = tmp_path_factory.mktemp("corpus")
    make_corpus(folder, ["A cat sat.", "It was a long and winding road."], ["One."], 1, 1, lambda line: None)
    return read_shards(sorted(folder.glob("training-*.npz")))


def test_guesses_lie_beside_the_frames_they_are_guesses_at(clips: list[Clip]) -> None:
    ids = [list(range(4, 4 + len(clip.text))) for clip in clips]
    tokens = AcousticClips(clips, [[i % 39 for i in row] for row in ids], torch.device("cpu"), 4)
    found = guesses(model().eval(), tokens, 600, seed=1)
    assert found.before.shape == found.real.shape
    for place, clip in enumerate(tokens.order):
        first, frames = found.first[place], found.frames[place]
        assert frames == clips[clip].frames
        torch.testing.assert_close(
            found.real[first : first + frames].float(), torch.from_numpy(clips[clip].mel).float()
        )
    before, real = found.random_pieces(3, 16, random.Random(0))
    assert before.shape == real.shape == (3, 16, _BINS)
