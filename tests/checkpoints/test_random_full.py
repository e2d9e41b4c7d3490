"""Full-size random weights: right for sizes and times, never for ears."""

import pytest
import torch

from speecht5_demo.checkpoints import Checkpoint, open_checkpoint


@pytest.fixture(scope="module")
def random_full() -> Checkpoint:
    return open_checkpoint("random-full")


def test_it_has_the_published_sizes_and_positions(random_full):
    acoustic, vocoder = random_full.load_acoustic(), random_full.load_vocoder()
    assert sum(parameter.numel() for parameter in acoustic.parameters()) == pytest.approx(144.4e6, rel=1e-3)
    assert sum(parameter.numel() for parameter in vocoder.parameters()) == pytest.approx(12.7e6, rel=5e-3)
    config = random_full.acoustic_config
    assert (config.vocab_size, config.max_text_positions, config.max_speech_positions) == (81, 600, 1876)
    ids = torch.tensor([random_full.tokenizer("hello")["input_ids"]])
    speaker = torch.from_numpy(random_full.speaker().vector.copy()).unsqueeze(0)
    mel = acoustic.generate_speech(ids, speaker, minlenratio=2, maxlenratio=2)
    waveform = vocoder(mel)
    assert torch.isfinite(mel).all()
    assert torch.isfinite(waveform).all()
    assert 1e-3 < float(waveform.std()) < 0.6, "a signal that neither fades nor saturates on its way through"


def test_it_is_never_offered_to_a_listener(random_full):
    assert not random_full.listenable


def test_same_weights_every_time_whatever_was_drawn_before(random_full):
    first = random_full.load_vocoder().conv_pre.weight
    torch.rand(3)
    state = torch.get_rng_state()
    assert torch.equal(random_full.load_vocoder().conv_pre.weight, first)
    assert torch.equal(torch.get_rng_state(), state), "loading must not disturb anybody else's random numbers"
    assert random_full.digest == open_checkpoint("random-full").digest
