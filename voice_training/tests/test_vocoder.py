"""The vocoder: its forward pass for training on a processor, the mean of two, and how it learns."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import SpeechT5HifiGan, SpeechT5HifiGanConfig

from voice_training import VoiceTrainingError
from voice_training.copy_synthesis import copy_synthesis_error
from voice_training.corpus import HOP, Clip
from voice_training.run_folder import StageFiles
from voice_training.settings import MINIATURE, VocoderSettings
from voice_training.vocoder import VocoderClips, VocoderTraining
from voice_training.vocoder_model import (
    mean_vocoder,
    new_vocoder,
    open_vocoder,
    speak_channels_last,
    widened_vocoder,
)
from voice_training.voice import export_vocoder

_CPU = torch.device("cpu")
_SPEAKERS = ("one", "two", "three")


def small_vocoder(normalize_before: bool) -> SpeechT5HifiGan:
    torch.manual_seed(0)
    vocoder = new_vocoder(VocoderSettings(channels=32), torch.randn(80), torch.rand(80) + 0.5)
    vocoder.config.normalize_before = normalize_before
    return vocoder


def test_a_new_vocoder_makes_256_samples_a_frame_and_takes_six_megabytes() -> None:
    made = new_vocoder(VocoderSettings(), torch.zeros(80), torch.ones(80)).eval()
    with torch.no_grad():
        assert made(torch.randn(3, 80)).shape == (3 * 256,)
    assert 2 * sum(weights.numel() for weights in made.state_dict().values()) < 6e6


def test_a_wider_vocoder_takes_the_last_stages_of_a_known_one() -> None:
    torch.manual_seed(0)
    wider, mean, scale = VocoderSettings(channels=64), torch.randn(80), torch.rand(80) + 0.5
    narrow = replace(wider, channels=32, rates=(4, 4, 4, 4), dilations=((1, 3), (1, 3)))
    known = new_vocoder(narrow, torch.zeros(80), torch.ones(80))
    made = widened_vocoder(known, wider, mean, scale)
    assert made.config.upsample_rates == [2, 2, 4, 4, 4]
    torch.testing.assert_close((made.mean, made.scale), (mean, scale))
    layers = [(made.conv_post, known.conv_post)]
    layers += [(made.upsampler[stage + 1], known.upsampler[stage]) for stage in (1, 2, 3)]
    for stage in range(4):
        for block, dilation in ((0, 0), (1, 1)):
            mine, theirs = made.resblocks[2 * stage + 2 + block], known.resblocks[2 * stage + block]
            layers += [(mine.convs1[0], theirs.convs1[dilation]), (mine.convs2[0], theirs.convs2[dilation])]
    for mine, theirs in layers:
        assert torch.equal(mine.weight, theirs.weight)
        assert torch.equal(mine.bias, theirs.bias)
    strange = new_vocoder(replace(narrow, channels=48), torch.zeros(80), torch.ones(80))
    with pytest.raises(VoiceTrainingError, match="None of the vocoder's stages fits"):
        widened_vocoder(strange, wider, mean, scale)


def test_a_vocoder_is_gone_on_from_as_it_was_saved(tmp_path: Path) -> None:
    known = small_vocoder(True)
    export_vocoder(known, tmp_path / "vocoder")
    opened = open_vocoder(tmp_path / "vocoder")
    for name, weights in known.state_dict().items():
        torch.testing.assert_close(opened.state_dict()[name], weights.half().float(), msg=name)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (None, r"is no vocoder: it has no config\.json"),
        (
            {"upsample_rates": [4, 4, 4], "upsample_kernel_sizes": [8, 8, 8]},
            "80 mel bins, 64 samples a frame",
        ),
        ({"model_in_dim": 100}, "100 mel bins, 256 samples a frame"),
    ],
)
def test_what_cannot_be_gone_on_from_is_named(tmp_path: Path, changes: dict | None, sentence: str) -> None:
    if changes is not None:
        SpeechT5HifiGanConfig(**changes).save_pretrained(tmp_path)
    with pytest.raises(VoiceTrainingError, match=sentence):
        open_vocoder(tmp_path)


def gradients(vocoder: SpeechT5HifiGan, samples: torch.Tensor) -> list[torch.Tensor]:
    weighting = torch.linspace(-1, 1, samples.shape[1])
    return list(torch.autograd.grad((samples * weighting).sum(), list(vocoder.parameters())))


def test_channels_last_gives_the_samples_and_gradients_of_the_stock_class() -> None:
    for normalize_before in (True, False):
        vocoder, mel = small_vocoder(normalize_before), torch.randn(2, 9, 80)
        stock, ours = vocoder(mel), speak_channels_last(vocoder, mel)
        assert stock.std() > 0.01
        assert torch.allclose(ours, stock, atol=1e-5)
        for mine, theirs in zip(gradients(vocoder, ours), gradients(vocoder, stock), strict=True):
            assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-3 * float(theirs.abs().max()))


def test_the_mean_of_two_vocoders_is_of_every_weight() -> None:
    first, second = small_vocoder(True), small_vocoder(True)
    with torch.no_grad():
        for weights in second.parameters():
            weights.add_(1.0)
    mean = mean_vocoder(first, second)
    for name, weights in mean.named_parameters():
        torch.testing.assert_close(weights, first.get_parameter(name) + 0.5, msg=name)


_SETTINGS = replace(MINIATURE.vocoder, discriminators_from=4, discriminators_alone=0)


def store() -> VocoderClips:
    """A clip by each speaker, whose every sample and frame is its speaker's place; two are too short for 60 frames."""
    clips = [
        Clip(
            text="a",
            speaker=name,
            samples=np.full(frames * HOP, place, np.int16),
            mel=np.full((frames, 80), place, np.float16),
            centres=np.zeros(3, np.float32),
        )
        for frames, (place, name) in zip((40, 100, 40), enumerate(_SPEAKERS), strict=True)
    ]
    return VocoderClips(clips, _SPEAKERS, _CPU)


def test_a_segment_is_of_the_speaker_that_it_names() -> None:
    clips = store()
    segments = clips.random_segments(50, 16, random.Random(0))
    assert set(segments.speakers.tolist()) == {0, 1, 2}
    marks = clips.mel[segments.index]
    torch.testing.assert_close(marks, segments.speakers[:, None, None].half().expand_as(marks))
    samples = clips.waveforms(segments.start, 16) * 32768
    torch.testing.assert_close(samples, segments.speakers[:, None].float().expand_as(samples))


def test_segments_come_from_clips_that_are_long_enough() -> None:
    assert set(store().random_segments(20, 60, random.Random(0)).speakers.tolist()) == {1}


@pytest.fixture(scope="module")
def spoken(clips: list[Clip]) -> VocoderClips:
    return VocoderClips(clips, [clip.speaker for clip in clips], _CPU)


def vocoder(seed: int = 0) -> SpeechT5HifiGan:
    torch.manual_seed(seed)
    return new_vocoder(_SETTINGS, torch.full((80,), -2.5), torch.ones(80))


def trained(files: StageFiles, clips: VocoderClips, steps: int, seed: int = 0, **changes) -> VocoderTraining:
    training = VocoderTraining(vocoder(seed), replace(_SETTINGS, **changes), clips, files)
    for _ in range(steps):
        training.advance(0.0)
    return training


def test_what_it_re_makes_comes_nearer_to_the_real(
    files: Callable[..., StageFiles], spoken: VocoderClips
) -> None:
    before = copy_synthesis_error(vocoder().eval(), spoken)
    training = trained(files(), spoken, 30, discriminators_from=10**9)
    after = copy_synthesis_error(training.average.model, spoken)
    assert after["mel"] < 0.98 * before["mel"]


@pytest.mark.parametrize("spectra_alone", [0, 2])
def test_discriminators_first_learn_alone_where_asked(
    files: Callable[..., StageFiles], spoken: VocoderClips, spectra_alone: int
) -> None:
    settings = replace(_SETTINGS, discriminators_from=spectra_alone, discriminators_alone=1)
    training = VocoderTraining(vocoder(), settings, spoken, files())
    for _ in range(spectra_alone):
        assert "discriminators" not in training.advance(0.0)
    start = [weights.clone() for weights in training.model.parameters()]
    judging = [weights.clone() for weights in training.discriminators.parameters()]
    assert set(training.advance(0.0)) == {"discriminators"}
    assert all(map(torch.equal, start, training.model.parameters()))
    assert not all(map(torch.equal, judging, training.discriminators.parameters()))
    training.advance(0.0)
    assert not all(map(torch.equal, start, training.model.parameters()))


def test_discriminators_count_from_the_step_that_is_set(
    files: Callable[..., StageFiles], spoken: VocoderClips
) -> None:
    training = VocoderTraining(vocoder(), replace(_SETTINGS, discriminators_from=1), spoken, files())
    assert "adversarial" not in training.advance(0.0)
    assert {"adversarial", "discriminators", "mel", "spectra"} == set(training.advance(0.0))


def test_predicted_frames_are_used_for_most_segments_where_there_are_some(
    files: Callable[..., StageFiles], spoken: VocoderClips
) -> None:
    predicted = torch.full_like(spoken.mel, 7.0)
    training = VocoderTraining(vocoder(), replace(_SETTINGS, batch=40), spoken, files(), predicted)
    mel, real, _ = training._batch()
    assert 0.4 < (mel == 7.0).all(dim=(1, 2)).float().mean() < 0.95
    assert real.std() > 0
